/** Types of what was accepted of users' records, from their schemas: lib/records/<kind>.generated.ts. */

import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { acceptedSchema } from '../lib/schema/accepted.ts';
import { type Crd, crd, userKinds } from '../lib/schema/crds.ts';

const OPTIONS = {
  bannerComment: '',
  additionalProperties: false,
  style: { singleQuote: true, printWidth: 120 },
  ignoreMinAndMaxItems: true,
  unknownAny: true,
  format: true,
};

/** The generated files, by path. */
export async function recordTypes(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const kind of userKinds) {
    const definition = crd(kind);
    files.set(`lib/records/${definition.singular}.generated.ts`, await typesOf(definition));
  }
  return files;
}

async function typesOf(definition: Crd): Promise<string> {
  const { kind, singular, spec } = definition;
  const parts = [await compile(titled(acceptedSchema(spec)), acceptedName(kind), OPTIONS)];
  const service = spec.properties?.services?.items;
  if (service) {
    const { 'x-berth-form': _, ...plain } = service;
    parts.push(await compile(titled(acceptedSchema(plain)), 'AcceptedService', OPTIONS));
  }
  const body = parts.join('\n');
  const imports = [
    importOf(body, './applications.ts', [
      'BlueprintNetwork',
      'LinkSpec',
      'MappedPort',
      'PortSpec',
      'ServiceSpec',
      'Value',
      'VolumeSpec',
    ]),
    importOf(body, './clouds.ts', ['LocationSpec', 'StrategySpec']),
  ].join('');
  return `// Generated from crds/${singular}.yaml by \`npm run generate\`. Do not edit.\n\n${imports}${imports ? '\n' : ''}${body}`;
}

/** An application's accepted blueprint is turned into an ApplicationSpec; the others are the spec. */
const acceptedName = (kind: string): string => (kind === 'Application' ? 'AcceptedBlueprint' : `${kind}Spec`);

const titled = (schema: Record<string, unknown>): JSONSchema => ({
  ...schema,
  description: `${schema.description} (As accepted: defaults filled in; bytes, cores and seconds as numbers.)`,
});

function importOf(body: string, from: string, names: string[]): string {
  const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(body));
  return used.length > 0 ? `import type { ${used.join(', ')} } from '${from}';\n` : '';
}

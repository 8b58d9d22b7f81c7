/** Types of the records that users write, from their schemas: lib/records/<kind>.generated.ts. */

import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { acceptedSchema } from '../lib/schema/accepted.ts';
import { type Crd, crd, type Schema, userKinds } from '../lib/schema/crds.ts';

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
  const parts = [
    await compile(written(spec), `${kind}Written`, OPTIONS),
    await compile(titled(acceptedSchema(spec), 'as accepted'), acceptedName(kind), OPTIONS),
  ];
  const service = spec.properties?.services?.items;
  if (service) {
    const { 'x-berth-form': _, ...plain } = service;
    parts.push(await compile(titled(acceptedSchema(plain), 'as accepted'), 'AcceptedService', OPTIONS));
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

const titled = (schema: Record<string, unknown>, suffix: string): JSONSchema => ({
  ...schema,
  description: `${schema.description} (${suffix})`,
});

/** The written form, without what the generator does not know. */
function written(schema: Schema): JSONSchema {
  const { properties, items, additionalProperties, anyOf, default: _default, example, format, type, ...rest } = schema;
  return {
    ...(rest.description ? { description: rest.description } : {}),
    ...(rest.enum ? { enum: [...rest.enum].map(String) } : {}),
    ...(rest.required ? { required: [...rest.required] } : {}),
    ...(type === undefined ? {} : { type: type as JSONSchema['type'] }),
    ...(anyOf ? { anyOf: anyOf.map(written) } : {}),
    ...(items ? { items: written(items) } : {}),
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, written(each)])) }
      : {}),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            typeof additionalProperties === 'object' ? written(additionalProperties) : additionalProperties,
        }),
  } as JSONSchema;
}

function importOf(body: string, from: string, names: string[]): string {
  const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(body));
  return used.length > 0 ? `import type { ${used.join(', ')} } from '${from}';\n` : '';
}

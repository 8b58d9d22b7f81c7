/** docs/reference/records.md, from crds/. */

import { API_VERSION, type Crd, crd, type Schema, userKinds } from '../../lib/schema/crds.ts';
import { factsOf, fieldsOf, typeName } from '../../lib/schema/describe.ts';

/** Every kind that users write, each field with its type, default and description. */
export function recordsReference(): string {
  const definitions = userKinds.map(crd);
  return [
    '<!-- Generated from crds/ by `npm run generate`. Do not edit. -->',
    '# Records',
    '',
    `What users write, as YAML or JSON, under the key that names the record. \`berth explain <kind>.<field>\` prints the same.`,
    `\`apiVersion\` is \`${API_VERSION}\`; it, \`kind\` and \`metadata\` may be left out in etcd, as the key says it all, and never differ from the key.`,
    '',
    'Quantities: **bytes** are `4g`, `512Mi`, `1048576` (units are powers of 1024); **cores** are `2`, `0.5`, `500m`;',
    'a **duration** is `30s`, `5m`, `1h30m`, or a number of seconds.',
    '',
    '| Kind | Key | Short names |',
    '|---|---|---|',
    ...definitions.map(
      (definition) =>
        `| [${definition.kind}](#${definition.singular}) | \`${keyOf(definition)}\` | ${definition.shortNames.map((name) => `\`${name}\``).join(', ')} |`,
    ),
    '',
    ...definitions.flatMap(kindSection),
  ].join('\n');
}

const keyOf = ({ plural, scope }: Crd): string =>
  scope === 'Namespaced' ? `${plural}/<namespace>/<name>` : `${plural}/<name>`;

function kindSection(definition: Crd): string[] {
  const { kind, description, supported, spec } = definition;
  return [
    `## ${kind}`,
    '',
    `${description}${supported === false ? ' **Not supported yet.**' : ''}`,
    '',
    ...table(spec, 'spec'),
  ];
}

/** One table for a map of fields, then one for each map below it. */
function table(schema: Schema, path: string): string[] {
  const { properties, required } = fieldsOf(schema);
  const entries = Object.entries(properties);
  if (entries.length === 0) return [];
  return [
    `### ${path}`,
    '',
    '| Field | Type | Description |',
    '|---|---|---|',
    ...entries.map(([name, field]) => {
      const need = required.includes(name) ? ' **Required.**' : '';
      const facts = factsOf(field).map((fact) => `<br>${fact.replace(/^(Default|Example): (.*)$/, '$1: `$2`')}`);
      return `| \`${name}\` | ${cell(typeName(field))} | ${cell(`${field.description ?? ''}${need}${facts.join('')}`)} |`;
    }),
    '',
    ...entries.flatMap(([name, field]) => table(field, `${path}.${name}${field.type === 'array' ? '[]' : ''}`)),
  ];
}

const cell = (text: string): string => text.replace(/\|/g, '\\|').replace(/\s+/g, ' ');

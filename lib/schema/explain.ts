import { BerthError } from '../errors/index.ts';
import { API_VERSION, type Crd, crd, findCrd, type Schema, userKinds } from './crds.ts';
import { factsOf, fieldsOf, typeName } from './describe.ts';
import { oneOf, show } from './field.ts';
import { didYouMean } from './suggest.ts';

const WIDTH = 80;

/**
 * What `berth explain` prints: a kind or one of its fields, as kubectl explains it.
 *
 * @param path  `dockercloud`, `dc.spec.hosts`, `application.spec.services.mappedPorts`; lists need no index
 * @throws BERTH_NOT_FOUND for a kind, BERTH_UNKNOWN_FIELD for a field that does not exist, with what was probably meant
 */
export function explain(path: string): string {
  const [first = '', ...rest] = path.split('.');
  const definition = findCrd(first);
  if (!definition) {
    const kinds = userKinds.map((kind) => crd(kind).singular);
    throw new BerthError('BERTH_NOT_FOUND', 'no such kind', {
      found: show(first),
      expected: oneOf(kinds),
      hint: didYouMean(first, kinds),
    });
  }
  const top = recordSchema(definition);
  const { schema, trail } = find(top, rest.join('.'), definition.singular);
  const { properties, required } = fieldsOf(schema);
  const lines = [
    `KIND:     ${definition.kind}`,
    `VERSION:  ${API_VERSION}`,
    '',
    ...(trail.length > 0 ? [`FIELD:    ${trail.at(-1)} <${typeName(schema)}>`, ''] : []),
    'DESCRIPTION:',
    ...wrap(schema.description ?? '', 4),
    ...factsOf(schema).flatMap((fact) => wrap(fact, 4)),
  ];
  const names = Object.keys(properties);
  if (names.length > 0) {
    lines.push('', 'FIELDS:');
    for (const name of names) {
      const field = properties[name]!;
      lines.push(`  ${name} <${typeName(field)}>${required.includes(name) ? ' -required-' : ''}`);
      lines.push(...wrap(field.description ?? '', 4), ...factsOf(field).flatMap((fact) => wrap(fact, 4)), '');
    }
    lines.pop();
  }
  return `${lines.join('\n')}\n`;
}

/** A whole record of a kind, as a schema. */
export function recordSchema(definition: Crd): Schema {
  const { kind, scope, description, supported, spec } = definition;
  const name: Schema = { type: 'string', description: 'The name, as in the key.' };
  const namespace: Schema = { type: 'string', description: 'The namespace, as in the key.' };
  return {
    description: supported === false ? `${description} Not supported yet.` : description,
    required: spec.default === undefined ? ['spec'] : [],
    properties: {
      apiVersion: {
        type: 'string',
        description: `The version of the schema: ${API_VERSION}. May be left out in etcd.`,
      },
      kind: { type: 'string', description: `The kind: ${kind}. May be left out in etcd, as the key names it.` },
      metadata: {
        type: 'object',
        description: 'May be left out, as the key names the record; never differs from the key.',
        properties: scope === 'Namespaced' ? { name, namespace } : { name },
      },
      spec,
    },
  };
}

/** Follows a path; names of fields may have dots of their own (`brooklyn.config`), so the longest that fits is taken. */
function find(top: Schema, path: string, kind: string): { schema: Schema; trail: string[] } {
  let schema = top;
  const trail: string[] = [];
  for (let rest = path; rest !== ''; ) {
    const { properties } = fieldsOf(schema);
    const fits = Object.keys(properties).filter((name) => rest === name || rest.startsWith(`${name}.`));
    const name = fits.sort((a, b) => b.length - a.length)[0];
    if (name === undefined) {
      const wanted = rest.split('.')[0]!;
      throw new BerthError('BERTH_UNKNOWN_FIELD', 'no such field', {
        place: [kind, ...trail].join('.'),
        found: show(wanted),
        expected: oneOf(Object.keys(properties)),
        hint: didYouMean(wanted, Object.keys(properties)),
      });
    }
    schema = properties[name]!;
    trail.push(name);
    rest = rest.slice(name.length + 1);
  }
  return { schema, trail };
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines.map((each) => ' '.repeat(indent) + each);
}

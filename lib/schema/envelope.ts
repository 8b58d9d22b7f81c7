import { API_VERSION, type Crd, type Schema } from './crds.ts';
import { type Field, isMap, type Path, show } from './field.ts';
import { DNS_LABEL, isDnsLabel } from './names.ts';
import { validate } from './validate.ts';

/** What a key says: `applications/<namespace>/<name>`, or `<plural>/<name>`. */
export interface Name {
  namespace?: string;
  name: string;
}

/** What is wrong with an id; undefined where it names a record of the kind. */
export function badKey(definition: Crd, id: string): { found: string; expected: string } | undefined {
  const segments = id.split('/');
  const wanted = definition.scope === 'Namespaced' ? ['namespace', 'name'] : ['name'];
  if (segments.length !== wanted.length)
    return {
      found: show(`${definition.plural}/${id}`),
      expected: `${definition.plural}/${wanted.map((each) => `<${each}>`).join('/')}`,
    };
  const bad = segments.find((segment) => !isDnsLabel(segment));
  if (bad !== undefined) return { found: show(bad), expected: DNS_LABEL };
  // An application's own network is <namespace>.<app>.default, and that is a label of at most 63 characters.
  if (definition.plural === 'applications' && id.length + '.default'.length > 63)
    return { found: `${id.length - 1} characters`, expected: 'namespace and name of at most 54 characters together' };
  return undefined;
}

export const nameOf = (definition: Crd, id: string): Name => {
  const [first = '', second] = id.split('/');
  return definition.scope === 'Namespaced' ? { namespace: first, name: second ?? '' } : { name: first };
};

const text: Schema = { type: 'string' };

/** `apiVersion` and `kind`, which the key says already, `metadata`, and what the kind calls its spec. */
const envelope = (definition: Crd): Schema => ({
  type: 'object',
  additionalProperties: false,
  required: definition.spec.default === undefined ? ['spec'] : [],
  properties: {
    apiVersion: { enum: [API_VERSION] },
    kind: { enum: [definition.kind] },
    metadata: {
      type: 'object',
      additionalProperties: false,
      properties: definition.scope === 'Namespaced' ? { name: text, namespace: text } : { name: text },
    },
    spec: { 'x-berth-form': 'spec' },
  },
});

const envelopes = new Map<string, Schema>();

/**
 * The spec of a document, and where it stands. An Application may be a bare blueprint: its spec is all of it.
 * Reports what is wrong around the spec; undefined when there is none to look at.
 */
export function unwrap(
  definition: Crd,
  name: Name,
  value: unknown,
  root: Field,
): { spec: unknown; path: Path } | undefined {
  if (value === null || value === undefined)
    return root.wrong({ message: 'the value is empty', expected: article(definition.kind) });
  if (!isMap(value)) return root.wrong({ found: show(value), expected: `a map: ${article(definition.kind)}` });
  const wrapped = ['apiVersion', 'kind', 'metadata', 'spec'].some((key) => Object.hasOwn(value, key));
  if (definition.plural === 'applications' && !wrapped) return { spec: value, path: [] };

  const schema = envelopes.get(definition.kind) ?? envelope(definition);
  envelopes.set(definition.kind, schema);
  const written = Object.fromEntries(Object.entries(value).filter(([key, each]) => each !== null || key === 'spec'));
  validate(schema, written, root);
  checkMetadata(value.metadata, name, root.at('metadata'));
  if (!Object.hasOwn(value, 'spec') && definition.spec.default === undefined) return undefined;
  return { spec: value.spec ?? {}, path: ['spec'] };
}

/** Metadata may be absent, never differ from the key. */
function checkMetadata(metadata: unknown, name: Name, field: Field): void {
  if (!isMap(metadata)) return;
  for (const key of ['name', 'namespace'] as const) {
    const written = metadata[key];
    const expected = name[key];
    if (typeof written === 'string' && expected !== undefined && written !== expected)
      field.at(key).wrong({ found: show(written), expected: `${show(expected)}, as in the key` });
  }
}

const article = (kind: string): string => `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`;

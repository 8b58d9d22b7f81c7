import { BerthError } from '../errors/index.ts';
import type {
  AcceptedBlueprint,
  ApplicationSpec,
  DockerCloudSpec,
  NamespaceSpec,
  VirtualNetworkSpec,
} from '../records/index.ts';
import { accept, withoutEmpty } from './accept.ts';
import { toApplication } from './application.ts';
import { crd, type UserKind } from './crds.ts';
import { checkDockerCloud } from './dockercloud.ts';
import { badKey, nameOf, unwrap } from './envelope.ts';
import { Field, type Form, isMap, type Path, type Problem, printPath } from './field.ts';
import { forms } from './forms/index.ts';
import { guard } from './guard.ts';
import { service, writtenPath } from './service.ts';
import { type Position, readText, type Source, type TextProblem } from './text.ts';
import { validate } from './validate.ts';
import { checkVirtualNetwork } from './virtualnetwork.ts';

/** What each kind of user record says once accepted. */
export interface Specs {
  dockerclouds: DockerCloudSpec;
  applications: ApplicationSpec;
  virtualnetworks: VirtualNetworkSpec;
  namespaces: NamespaceSpec;
}

export type ParseResult<Spec> =
  /**
   * `document`: the value as written, as plain data. `report` gives what the reader of the spec finds wrong its place in
   * the text.
   */
  | { ok: true; spec: Spec; document: unknown; report(problems: readonly SpecProblem[]): BerthError[] }
  | { ok: false; errors: BerthError[] };

/** Something wrong with a spec beyond its schema; `path` goes on below the spec. */
export type SpecProblem = Pick<Problem, 'code' | 'path' | 'offset' | 'message' | 'found' | 'expected'>;

const MAX_ERRORS = 10;
/** Bytes of an accepted spec: etcd refuses 1.5 MiB, and `accepted/…` shares its transaction. */
const MAX_ACCEPTED = 2 ** 20;

/** A spec in the accepted form of its schema, and as it was written. */
interface Read {
  id: string;
  accepted: unknown;
  written: unknown;
  field: Field;
}

/** From the accepted form of the schema to the spec: what no single field can say. */
const finish: { [K in UserKind]: (read: Read) => Specs[K] | undefined } = (() => {
  const cloud = guard<DockerCloudSpec>(() => crd('dockerclouds').spec);
  const blueprint = guard<AcceptedBlueprint>(() => crd('applications').spec);
  const network = guard<VirtualNetworkSpec>(() => crd('virtualnetworks').spec);
  const namespace = guard<NamespaceSpec>(() => crd('namespaces').spec);
  return {
    dockerclouds: ({ accepted, written, field }) => checkDockerCloud(cloud(accepted), written, field),
    applications: ({ id, accepted, written, field }) => toApplication(id, blueprint(accepted), written, field),
    virtualnetworks: ({ accepted, written, field }) => checkVirtualNetwork(network(accepted), written, field),
    namespaces: ({ accepted }) => namespace(accepted),
  };
})();

const allForms: Record<string, Form<unknown>> = { ...forms, service };

/**
 * Reads a user's record: YAML or JSON, checked against the schema of its kind, with defaults filled in and quantities
 * as numbers. Pure.
 *
 * @param id     what follows the kind in the key: `my-cloud`, `default/shop`
 * @param value  the bytes under the key
 * @returns the accepted spec, or the first 10 errors in the order of the text, each with
 *   `<kind>/<id>:<line>:<column> <field>` as its place
 */
export function parseRecord<K extends UserKind>(record: { kind: K; id: string; value: Buffer }): ParseResult<Specs[K]> {
  const { kind, id, value } = record;
  const definition = crd(kind);
  const key = `${kind}/${id}`;
  const wrongKey = badKey(definition, id);
  if (wrongKey)
    return {
      ok: false,
      errors: [new BerthError('BERTH_BAD_KEY', 'the key does not name a record', { place: key, ...wrongKey })],
    };

  const text = readText(value);
  if (!text.ok) return { ok: false, errors: text.problems.map((problem) => textError(key, problem)) };

  const { source } = text;
  const problems: Problem[] = [];
  const root = new Field({ problems, written: source.written }, []);
  const spec = readSpec(kind, id, source.value, root);
  if (problems.length > 0 || spec === undefined) return { ok: false, errors: placed(key, problems, source) };
  const { value: document } = source;
  const above = isMap(document) && Object.hasOwn(document, 'spec') ? ['spec'] : [];
  const written = isMap(document) && above.length > 0 ? document.spec : document;
  const inText = (path: Path): Path => [...above, ...writtenPath(written, path)];
  return {
    ok: true,
    spec,
    document,
    report: (found) =>
      placed(
        key,
        found.map((problem) => ({ ...problem, path: inText(problem.path), at: 'value' })),
        source,
      ),
  };
}

/** The first errors, in the order of the text. */
function placed(key: string, problems: readonly Problem[], source: Source): BerthError[] {
  return problems
    .map((problem) => ({ problem, position: source.locate(problem) }))
    .sort((a, b) => a.position.line - b.position.line || a.position.column - b.position.column)
    .slice(0, MAX_ERRORS)
    .map(({ problem, position }) => fieldError(key, problem, position));
}

function readSpec<K extends UserKind>(kind: K, id: string, document: unknown, root: Field): Specs[K] | undefined {
  const definition = crd(kind);
  const unwrapped = unwrap(definition, nameOf(definition, id), document, root);
  if (!unwrapped) return undefined;
  const field = root.at(...unwrapped.path);
  const written = withoutEmpty(definition.spec, unwrapped.spec);
  validate(definition.spec, written, field);
  const accepted = accept(definition.spec, written, field, allForms);
  if (definition.supported === false)
    return root.wrong({
      code: 'BERTH_NOT_SUPPORTED_YET',
      found: `a ${definition.kind}`,
      expected: 'no record of this kind',
    });
  const spec = field.failed ? undefined : finish[kind]({ id, accepted, written, field });
  const size = Buffer.byteLength(JSON.stringify(spec ?? null));
  return size <= MAX_ACCEPTED
    ? spec
    : field.wrong({
        code: 'BERTH_TOO_LARGE',
        message: 'too large once its defaults and ranges are written out',
        found: `${size} bytes`,
        expected: `at most ${MAX_ACCEPTED}`,
      });
}

const placeOf = (key: string, position: Position | undefined, field = ''): string =>
  `${key}${position ? `:${position.line}:${position.column}` : ''}${field ? ` ${field}` : ''}`;

function textError(key: string, { code, message, position, found, expected }: TextProblem): BerthError {
  return new BerthError(code, message, { place: placeOf(key, position), found, expected });
}

function fieldError(
  key: string,
  { code, path, message, found, expected, hint }: Problem,
  position: Position,
): BerthError {
  return new BerthError(code, message, { place: placeOf(key, position, printPath(path)), found, expected, hint });
}

import type { AcceptedService, ServiceSpec } from '../records/index.ts';
import { accept, withoutEmpty } from './accept.ts';
import { crd, type Schema } from './crds.ts';
import { type Field, type Form, isMap, type Path, printPath, show } from './field.ts';
import { forms } from './forms/index.ts';
import { guard } from './guard.ts';
import { imageName, parseImage } from './image.ts';
import { isDnsLabel } from './names.ts';
import { validate } from './validate.ts';

/** Keys of a service that are not configuration, and so cannot stand under `brooklyn.config`. */
const IDENTITY = ['type', 'id', 'name', 'location'];
const CONFIG = 'brooklyn.config';
/** A container is named `<service>-<n>`, n up to 9999, and that is a DNS label of at most 63 characters. */
const MAX_ID = 58;
/** Docker refuses less: "Minimum memory limit allowed is 6MB". */
const MIN_MEMORY = 6 * 2 ** 20;

/** A service as the schema describes it, without the mark that it is read here. */
function serviceSchema(): Schema {
  const { 'x-berth-form': _, ...schema } = crd('applications').spec.properties!.services!.items!;
  return schema;
}

const schemas = (() => {
  let made: { service: Schema; config: Schema } | undefined;
  return () => {
    if (made) return made;
    const service = serviceSchema();
    const configuration = Object.entries(service.properties!).filter(
      ([key]) => !IDENTITY.includes(key) && !key.startsWith('brooklyn.'),
    );
    made = {
      service,
      config: { type: 'object', additionalProperties: false, properties: Object.fromEntries(configuration) },
    };
    return made;
  };
})();

const accepted = guard<AcceptedService>(serviceSchema);

/** Where a configuration key of a service was written: beside `type`, or below `brooklyn.config`. */
export const configPath = (service: unknown, key: string): Path =>
  isMap(service) && isMap(service[CONFIG]) && service[CONFIG][key] !== undefined ? [CONFIG, key] : [key];

/** The path in the text of a path in the spec: configuration may stand below `brooklyn.config`. */
export function writtenPath(spec: unknown, path: Path): Path {
  const [first, index, key, ...rest] = path;
  const services: unknown = isMap(spec) ? spec.services : undefined;
  if (first !== 'services' || typeof index !== 'number' || typeof key !== 'string' || !Array.isArray(services))
    return path;
  return [first, index, ...configPath(services[index], key), ...rest];
}

/** One service of a blueprint. Reports and answers undefined what is not a `docker:` service without mistakes. */
export const service: Form<ServiceSpec> = (value, field) => {
  if (!isMap(value)) return field.wrong({ found: show(value), expected: 'a map with a type such as docker:redis:3' });
  const { type } = value;
  if (typeof type !== 'string')
    return field.at('type').wrong({ found: show(type), expected: 'a text such as docker:redis:3' });
  if (!type.startsWith('docker:')) return field.at('type').wrong(notDocker(type));
  const image = parseImage(type.slice('docker:'.length));
  if (!image)
    field.at('type').wrong({
      offset: 'docker:'.length,
      found: show(type.slice('docker:'.length)),
      expected: 'an image such as redis:3 or host:5000/team/app:1.2',
    });

  const result = readConfig(value, field);
  const id = checkId(value, image && imageName(image), field);
  if (field.failed || !image || id === undefined) return undefined;
  return toSpec(accepted(result), id, image.familiar);
};

function notDocker(type: string) {
  return type.includes(':') || type === ''
    ? { found: show(type), expected: 'docker: and an image', hint: `did you mean ${show(`docker:${type}`)}?` }
    : ({ code: 'BERTH_NOT_SUPPORTED_YET', found: `the type ${type}`, expected: 'docker: and an image' } as const);
}

/** The configuration beside `type` and that under `brooklyn.config`, as one. */
function readConfig(written: Record<string, unknown>, field: Field): unknown {
  const { service: schema, config: configSchema } = schemas();
  const { [CONFIG]: below, ...own } = written;
  const beside = withoutEmpty(schema, own);
  validate(schema, beside, field);
  const result = accept(schema, beside, field, forms);
  if (below === undefined || below === null || !isMap(result) || !isMap(beside)) return result;

  const at = field.at(CONFIG);
  const config = withoutEmpty(configSchema, below);
  validate(configSchema, config, at);
  if (!isMap(config)) return result;
  for (const key of Object.keys(config))
    if (Object.hasOwn(beside, key))
      at.at(key).wrong({ at: 'key', found: `${key} a second time`, expected: 'it beside type or here' });
  const entries = Object.entries(configSchema.properties ?? {})
    .filter(([key]) => Object.hasOwn(config, key))
    .map(([key, each]) => [key, accept(each, config[key], at.at(key), forms)]);
  return { ...result, ...Object.fromEntries(entries) };
}

function checkId(value: Record<string, unknown>, fromImage: string | undefined, field: Field): string | undefined {
  const id = value.id ?? fromImage;
  if (typeof id !== 'string') return undefined;
  return isDnsLabel(id) && id.length <= MAX_ID
    ? id
    : field.at('id').wrong({
        found: show(id),
        expected: `a name of at most ${MAX_ID} characters of a–z, 0–9 and -, that begins and ends with a letter or digit`,
      });
}

function toSpec(read: AcceptedService, id: string, image: string): ServiceSpec {
  const { name, command, commands, entrypoint, user, healthCheck } = read;
  const words = command ?? commands;
  return {
    id,
    ...(name === undefined ? {} : { name }),
    image,
    replicas: read.replicas,
    openPorts: read.openPorts,
    directPorts: read.directPorts,
    mappedPorts: [...read.mappedPorts, ...read.portBindings],
    env: read.env,
    ...(words === undefined ? {} : { command: words }),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(user === undefined ? {} : { user }),
    volumes: read.volumes,
    labels: read.labels,
    links: read.links,
    cpus: read.cpus,
    memory: read.memory,
    restart: read.restart,
    ...(healthCheck === undefined ? {} : { healthCheck }),
    stopGrace: read.stopGrace,
    strategies: read.strategies,
  };
}

/** What no single field of a service can say. */
export function checkService(spec: ServiceSpec, written: unknown, field: Field): void {
  const at = (key: string) => field.at(...configPath(written, key));
  if (spec.memory > 0 && spec.memory < MIN_MEMORY)
    at('memory').wrong({ found: `${spec.memory} bytes`, expected: 'at least 6m, which Docker asks for, or 0' });

  if (isMap(written) && written.command !== undefined && written.commands !== undefined)
    at('commands').wrong({ found: 'command as well', expected: 'one of the two' });

  const taken = new Map<string, string>();
  const wanted = [
    ...spec.directPorts.map((port) => ({ key: 'directPorts', host: port.port, protocol: port.protocol })),
    ...spec.mappedPorts.map((port) => ({ key: 'mappedPorts', host: port.host, protocol: port.protocol })),
  ];
  for (const { key, host, protocol } of wanted) {
    const port = `${host}/${protocol}`;
    const other = taken.get(port);
    if (other !== undefined)
      at(key).wrong({
        message: 'a port clash',
        found: `port ${port} of the host, which ${other} takes too`,
        expected: 'each host port once',
      });
    taken.set(port, printPath(at(key).path));
  }
}

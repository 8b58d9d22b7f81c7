import type { AcceptedService, BlueprintNetwork, ServiceSpec } from '../records/index.ts';
import { checkId, configPath, configured, readConfiguration } from './configuration.ts';
import { crd, type Schema } from './crds.ts';
import { type Field, type Form, isMap, type Path, printPath, show } from './field.ts';
import { guard } from './guard.ts';
import { imageName, parseImage } from './image.ts';
import { isNetwork, network } from './network-entity.ts';

/** A container is named `<service>-<n>`, n up to 9999, and that is a DNS label of at most 63 characters. */
const MAX_ID = 58;
/** The ways of saying which networks a service joins. */
const SELECTIONS = ['network', 'networks', 'network.list'];
/** Docker refuses less: "Minimum memory limit allowed is 6MB". */
const MIN_MEMORY = 6 * 2 ** 20;

/** A service as the schema describes it, without the mark that it is read here. */
function serviceSchema(): Schema {
  const { 'x-berth-form': _, ...schema } = crd('applications').spec.properties!.services!.items!;
  return schema;
}

const schema = (() => {
  let made: Schema | undefined;
  return () => (made ??= serviceSchema());
})();

const accepted = guard<AcceptedService>(serviceSchema);

/**
 * The path in the text of a path in the spec: networks stand among the services, and configuration may stand below
 * `brooklyn.config`.
 */
export function writtenPath(spec: unknown, path: Path): Path {
  const [first, index, key, ...rest] = path;
  const written: unknown = isMap(spec) ? spec.services : undefined;
  if ((first !== 'services' && first !== 'virtualNetworks') || typeof index !== 'number' || !Array.isArray(written))
    return path;
  const entities = written.map((entity: unknown, at) => ({ entity, at }));
  const own = entities.filter(({ entity }) => isNetwork(entity) === (first === 'virtualNetworks'))[index];
  if (!own) return path;
  return ['services', own.at, ...(typeof key === 'string' ? configPath(own.entity, key) : []), ...rest];
}

/** One entity of a blueprint. Reports and answers undefined what is neither a `docker:` service nor a network without mistakes. */
export const service: Form<ServiceSpec | BlueprintNetwork> = (value, field) => {
  if (!isMap(value)) return field.wrong({ found: show(value), expected: 'a map with a type such as docker:redis:3' });
  const { type } = value;
  if (typeof type !== 'string')
    return field.at('type').wrong({ found: show(type), expected: 'a text such as docker:redis:3' });
  if (isNetwork(value)) return network(value, field);
  if (!type.startsWith('docker:')) return field.at('type').wrong(notDocker(type));
  const image = parseImage(type.slice('docker:'.length));
  if (!image)
    field.at('type').wrong({
      offset: 'docker:'.length,
      found: show(type.slice('docker:'.length)),
      expected: 'an image such as redis:3 or host:5000/team/app:1.2',
    });

  const result = readConfiguration(value, field, schema());
  const id = checkId(value.id ?? (image && imageName(image)), MAX_ID, field);
  if (field.failed || !image || id === undefined) return undefined;
  return toSpec(accepted(result), id, image.familiar);
};

function notDocker(type: string) {
  return type.includes(':') || type === ''
    ? { found: show(type), expected: 'docker: and an image', hint: `did you mean ${show(`docker:${type}`)}?` }
    : ({
        code: 'BERTH_NOT_SUPPORTED_YET',
        found: `the type ${type}`,
        expected: 'docker: and an image, or brooklyn.networking.VirtualNetwork',
      } as const);
}

function toSpec(read: AcceptedService, id: string, image: string): ServiceSpec {
  const { name, command, commands, entrypoint, user, healthCheck, network: single, networks } = read;
  const words = command ?? commands;
  const selected = networks ?? read['network.list'] ?? (single === undefined ? undefined : [single]);
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
    ...(selected === undefined ? {} : { networks: selected }),
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

  const [first, ...others] = SELECTIONS.filter((key) => configured(written, key) !== undefined);
  for (const key of others) at(key).wrong({ found: `${first} as well`, expected: 'one of the two' });
  if (spec.networks?.length === 0 && configured(written, 'networks') !== undefined)
    at('networks').wrong({ found: 'an empty list', expected: 'at least one network; without networks it is default' });

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

import type { MappedPort, PortSpec } from '../../records/index.ts';
import { type Field, type Form, isMap, show } from '../field.ts';

const PORT = 'a port from 1 to 65535, with /udp after it for UDP';
const MAPPING = 'a map of host port to container port such as {80: 8080}, or a list such as [80:8080, 53:53/udp]';

/** `6379`, `53/udp`, or a list of them. */
export const ports: Form<PortSpec[]> = (value, field) => {
  const read = asList(value, field).map(([item, at]): [PortSpec | undefined, Field] => [readPort(item, at), at]);
  return unique(read, ({ port, protocol }) => `${port}/${protocol}`);
};

/** `{80: 8080}`, `[80:8080, {53/udp: 5353}]`, `8080`: host port to container port. */
export const mappedPorts: Form<MappedPort[]> = (value, field) => {
  const read: [MappedPort | undefined, Field][] = asList(value, field).flatMap(([item, at]) => {
    if (isMap(item))
      return Object.entries(item).map(([host, port]): [MappedPort | undefined, Field] => [
        readPair(host, port, at.at(host)),
        at.at(host),
      ]);
    const text = at.text(item) ?? '';
    const colon = text.indexOf(':');
    const pair = colon < 0 ? readPair(text, text, at) : readPair(text.slice(0, colon), text.slice(colon + 1), at);
    return [[pair, at]];
  });
  return unique(read, ({ host, protocol }) => `${host}/${protocol} of the host`);
};

const asList = (value: unknown, field: Field): [unknown, Field][] =>
  Array.isArray(value) ? value.map((item: unknown, i) => [item, field.at(i)]) : [[value, field]];

function readPort(value: unknown, field: Field): PortSpec | undefined {
  const read = parsePort(field.text(value) ?? '');
  return read
    ? { port: read.port, protocol: read.protocol ?? 'tcp' }
    : field.wrong({ found: show(value), expected: PORT });
}

/** The protocol may stand on either side; on both it has to be the same. */
function readPair(hostText: string, portValue: unknown, field: Field): MappedPort | undefined {
  const host = parsePort(hostText);
  const port = parsePort(field.text(portValue) ?? '');
  if (!host || !port) return field.wrong({ found: pairText(hostText, portValue), expected: MAPPING });
  const protocol = host.protocol ?? port.protocol ?? 'tcp';
  if ((port.protocol ?? protocol) !== protocol)
    return field.wrong({ found: pairText(hostText, portValue), expected: 'one protocol on both sides' });
  return { port: port.port, protocol, host: host.port };
}

const pairText = (host: string, port: unknown) => (host === port ? show(port) : `${host}: ${show(port)}`);

function parsePort(text: string): { port: number; protocol?: 'tcp' | 'udp' } | undefined {
  const match = /^(\d{1,5})(?:\/(tcp|udp))?$/i.exec(text.trim());
  const port = Number(match?.[1]);
  if (!match || port < 1 || port > 65_535) return undefined;
  const protocol = match[2]?.toLowerCase();
  return { port, ...(protocol === 'tcp' || protocol === 'udp' ? { protocol } : {}) };
}

function unique<T>(read: readonly (readonly [T | undefined, Field])[], key: (item: T) => string): T[] {
  const found = new Map<string, T>();
  for (const [item, field] of read) {
    if (item === undefined) continue;
    if (found.has(key(item))) field.wrong({ found: `${key(item)} a second time`, expected: 'each port once' });
    found.set(key(item), item);
  }
  return [...found.values()];
}

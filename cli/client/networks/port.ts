import { BerthError } from '../../../lib/errors/index.ts';
import type { HostNetworkState } from '../../../lib/network/index.ts';
import { type Port, requestJson } from '../http.ts';

/**
 * What is on a host's network now, through the controllers' HTTP port.
 *
 * @param host  its name, `h-1`
 * @throws what the port says went wrong; BERTH_UNREACHABLE, BERTH_UNAUTHORIZED
 */
export async function readHostNetwork(port: Port, host: string, signal: AbortSignal): Promise<HostNetworkState> {
  const state = await requestJson(port, `/v1/network/${encodeURIComponent(host)}`, { signal });
  if (isState(state)) return state;
  throw new BerthError('BERTH_INTERNAL', 'the HTTP port answers something else', {
    found: JSON.stringify(state).slice(0, 200),
  });
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const objectOf =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const found = new Map<string, unknown>(Object.entries(value));
    return Object.entries(fields).every(([name, check]) => check(found.get(name)));
  };

const addressed = { name: isText, addresses: listOf(isText) };
const matchesState = objectOf({
  namespaces: listOf(objectOf({ ...addressed, interfaces: optional(listOf(objectOf(addressed))) })),
  hostInterfaces: listOf(isText),
  intact: listOf(isText),
  missing: optional(listOf(objectOf({ installation: isText, what: isText }))),
  taken: listOf(
    objectOf({
      installation: isText,
      port: (value) => typeof value === 'number',
      protocol: (value) => value === 'tcp' || value === 'udp',
    }),
  ),
});

const isState = (value: unknown): value is HostNetworkState => matchesState(value);

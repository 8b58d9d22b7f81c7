import { isIP } from 'node:net';
import { tryParseCidr } from '../addresses/index.ts';
import type { DockerCloudSpec } from '../records/index.ts';
import { type Field, isMap, show } from './field.ts';

type Docker = DockerCloudSpec['docker'];
type Check = (text: string) => boolean;

/**
 * Options with which no engine would start: they are refused here, since on the hosts they would cost a restart each.
 * What `daemon` says in the engine's own words is held to the same.
 *
 * @param field  `spec.docker`
 */
export function checkDocker({ registryMirrors, insecureRegistries, daemon }: Docker, field: Field): void {
  checkEach(registryMirrors, field.at('registryMirrors'), isMirror, MIRROR);
  checkEach(insecureRegistries, field.at('insecureRegistries'), isRegistry, REGISTRY);
  const options = field.at('daemon');
  checkEach(daemon['registry-mirrors'], options.at('registry-mirrors'), isMirror, MIRROR);
  checkEach(daemon['insecure-registries'], options.at('insecure-registries'), isRegistry, REGISTRY);
  checkRuntimes(daemon.runtimes, options.at('runtimes'));
}

/** Others stand beside the one that berth starts containers with. */
function checkRuntimes(runtimes: unknown, field: Field): void {
  if (runtimes === undefined) return;
  if (!isMap(runtimes)) field.wrong({ found: show(runtimes), expected: 'a map' });
  else if ('berth' in runtimes)
    field.at('berth').wrong({ at: 'key', found: 'berth', expected: 'a runtime that berth does not set itself' });
}

const MIRROR = 'an http or https URL without user, path, query or fragment';
const REGISTRY = 'host[:port] or a CIDR';

function checkEach(values: unknown, field: Field, isValid: Check, expected: string): void {
  if (values === undefined) return;
  if (!Array.isArray(values)) {
    field.wrong({ found: show(values), expected: 'a list' });
    return;
  }
  for (const [i, value] of values.entries())
    if (typeof value !== 'string' || !isValid(value)) field.at(i).wrong({ found: show(value), expected });
}

/** What dockerd takes for a registry mirror (`ValidateMirror` of its package registry). */
export function isMirror(text: string): boolean {
  if (!/^https?:\/\/[^\s/?#@]+\/?$/.test(text) || !URL.canParse(text)) return false;
  const { hostname } = new URL(text);
  return isRegistryHost(hostname);
}

/** What dockerd takes for an insecure registry (`loadInsecureRegistries`): a range, or a host with or without a port. */
export function isRegistry(text: string): boolean {
  if (text.includes('/')) return tryParseCidr(text) !== undefined;
  if (isIP(text) !== 0) return true;
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
  return isRegistryHost(host) && (port === undefined || Number(port) <= 65_535);
}

/** A host name, an IPv4 address, or an IPv6 address in brackets. */
function isRegistryHost(host: string): boolean {
  if (host.startsWith('[')) return isIP(host.slice(1, -1)) === 6;
  return (
    host.length <= 253 && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(host)
  );
}

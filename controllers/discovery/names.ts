import { tryParseAddress } from '../../lib/addresses/index.ts';
import { isDomainName, REVERSE, reverseLabels } from '../../lib/dns/index.ts';
import type { DockerCloudSpec, NameRecord } from '../../lib/records/index.ts';
import type { View } from '../../lib/store/index.ts';
import { type Member, membersOf } from './members.ts';
import { dnsOf } from './servers.ts';

/** Addresses, or targets, that one name lists: a record does not grow with the number of containers. */
const MOST = 32;

/** Who has names: a service, or a container of its own. */
export interface Owner {
  kind: 'service' | 'container';
  /** `default/shop` */
  app: string;
  name: string;
}

/** Also the key that is reconciled. */
export const ownerKey = ({ kind, app, name }: Owner): string => `${kind}/${app}/${name}`;

export function parseOwner(key: string): Owner | undefined {
  const [kind, namespace, application, name] = key.split('/');
  if ((kind !== 'service' && kind !== 'container') || name === undefined) return undefined;
  return { kind, app: `${namespace}/${application}`, name };
}

export interface Names {
  /** By id, `<zone>/<name>`. */
  names: Map<string, NameRecord>;
  /** What cannot be a name: too long. */
  refused: string[];
}

/**
 * The names that a service or a container should have now.
 *
 * - `<service>.<app>.<ns>` and `<container>.<app>.<ns>`: addresses; where a container has several networks, also
 *   `<service>.<network>.<app>.<ns>` and `<container>.<network>.<app>.<ns>` with those of that network alone
 * - `_<port>._<protocol>.<service>.<app>.<ns>`: where the port is served (SRV, RFC 2782)
 * - the reverse name of each address that berth gave it: the container's
 */
export function namesOf(owner: Owner, state: View): Names {
  const gathered = new Gathered(ownerKey(owner));
  const below = owner.app.split('/').reverse().join('.');
  for (const member of answering(owner, state)) {
    const dns = dnsOf(state.get('accepted/dockerclouds', member.cloud));
    if (!dns) continue;
    const of = { member, dns };
    const own = `${member.name}.${below}`;
    // A service may be called as a container of another is: then the name is the service's.
    const taken =
      owner.kind === 'container' && state.by('containers', 'service', `${owner.app}/${owner.name}`).length > 0;
    if (!taken) {
      gathered.addresses({ name: `${owner.name}.${below}`, ...of, networks: member.networks });
      for (const [label, network] of several(member)) {
        gathered.addresses({ name: `${owner.name}.${label}.${below}`, ...of, networks: [network] });
      }
    }
    if (owner.kind === 'service') {
      for (const { port, protocol } of member.ports) {
        gathered.port({
          name: `_${port}._${protocol}.${owner.name}.${below}`,
          ...of,
          target: `${own}.${dns.zone}`,
          port,
        });
      }
    } else {
      for (const address of member.networks.flatMap(({ own }) => own)) {
        gathered.reverse({ address, ...of, target: `${own}.${dns.zone}` });
      }
    }
  }
  return gathered.result();
}

/** Of a service as many as one name lists, which are the first. */
function* answering({ kind, app, name }: Owner, state: View): Iterable<Member> {
  const own = state.get('containers', `${app}/${name}`);
  const containers = kind === 'service' ? state.by('containers', 'service', `${app}/${name}`) : own ? [own] : [];
  let count = 0;
  for (const member of membersOf(containers, state)) {
    if (count++ >= MOST) return;
    yield member;
  }
}

type Dns = DockerCloudSpec['dns'];
type Network = Member['networks'][number];

/** The networks of a member that has more than one, by what names call them: `default.shop.front` is `front`. */
const several = ({ networks }: Member): [string, Network][] =>
  networks.length < 2
    ? []
    : networks.map((network) => [network.name.slice(network.name.lastIndexOf('.') + 1), network]);

interface Of {
  member: Member;
  dns: Dns;
}

/** Names, as member after member adds to them. */
class Gathered {
  readonly #owner: string;
  readonly #names = new Map<string, NameRecord>();
  readonly #refused = new Set<string>();

  constructor(owner: string) {
    this.#owner = owner;
  }

  result(): Names {
    return { names: this.#names, refused: [...this.#refused] };
  }

  addresses({ name, networks, ...of }: Of & { name: string; networks: readonly Network[] }): void {
    const addresses = networks.flatMap((network) => network.addresses);
    const record = this.#record(of.dns.zone, name, of);
    if (record && record.addresses.length + addresses.length <= MOST) record.addresses.push(...addresses);
  }

  port({ name, target, port, ...of }: Of & { name: string; target: string; port: number }): void {
    const record = this.#record(of.dns.zone, name, of);
    // Of a container that moves there are two for a while, by one name.
    if (!record || record.srv?.some((each) => each.target === target)) return;
    if ((record.srv?.length ?? 0) < MOST) record.srv = [...(record.srv ?? []), { target, port }];
  }

  reverse({ address, target, ...of }: Of & { address: string; target: string }): void {
    const parsed = tryParseAddress(address);
    const record = parsed && isDomainName(target) && this.#record(REVERSE[parsed.family], reverseLabels(parsed), of);
    if (record) record.ptr = target;
  }

  /** @returns the record to add to; undefined where the name cannot be one */
  #record(zone: string, name: string, { member, dns }: Of): NameRecord | undefined {
    const full = `${name}.${zone}`;
    if (!isDomainName(full)) {
      this.#refused.add(full);
      return undefined;
    }
    const id = `${zone}/${name}`;
    const record = this.#names.get(id) ?? {
      ...{ owner: this.#owner, clouds: [], ttl: Math.ceil(dns.ttl), addresses: [] },
      ...(dns.skydns && { skydns: dns.skydns.prefix }),
    };
    this.#names.set(id, record);
    if (!record.clouds.includes(member.cloud)) record.clouds = [...record.clouds, member.cloud].sort();
    return record;
  }
}

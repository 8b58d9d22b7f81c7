import { isDomainName, REVERSE, reverseLabels } from '../../lib/dns/index.ts';
import { tryParseAddress } from '../../lib/network/index.ts';
import type { DockerCloudSpec, NameRecord } from '../../lib/records/index.ts';
import type { View } from '../../lib/store/index.ts';
import { type Member, membersOf } from './members.ts';
import { dnsOf } from './servers.ts';

/** Addresses, or targets, that one name lists: a record does not grow with the number of containers. */
const MOST = 32;

export interface Names {
  /** By id, `<zone>/<name>`. */
  names: Map<string, NameRecord>;
  /** What cannot be a name: too long. */
  refused: string[];
}

/**
 * The names that an application should have now.
 *
 * - `<service>.<app>.<ns>` and `<container>.<app>.<ns>`: addresses; where a container has several networks, also
 *   `<service>.<network>.<app>.<ns>` and `<container>.<network>.<app>.<ns>` with those of that network alone
 * - `_<port>._<protocol>.<service>.<app>.<ns>`: where the port is served (SRV, RFC 2782)
 * - the reverse name of each address: the container's
 *
 * @param app  `default/shop`
 */
export function namesOf(app: string, state: View): Names {
  const [namespace = '', application = ''] = app.split('/');
  const below = `${application}.${namespace}`;
  const gathered = new Gathered(app);
  const members = membersOf(app, state).flatMap((member) => {
    const dns = dnsOf(state.get('accepted/dockerclouds', member.cloud));
    return dns ? [{ member, dns }] : [];
  });
  for (const { member, dns } of members) {
    gathered.addresses({ name: `${member.service}.${below}`, ...{ member, dns }, networks: member.networks });
    for (const [label, network] of several(member)) {
      gathered.addresses({ name: `${member.service}.${label}.${below}`, ...{ member, dns }, networks: [network] });
    }
    for (const { port, protocol } of member.ports) {
      const target = `${member.name}.${below}.${dns.zone}`;
      gathered.port({ name: `_${port}._${protocol}.${member.service}.${below}`, ...{ member, dns, target, port } });
    }
  }
  // A service may be called as a container of another is: then the name is the service's.
  const taken = gathered.ids();
  for (const { member, dns } of members) {
    const name = `${member.name}.${below}`;
    if (!taken.has(`${dns.zone}/${name}`)) gathered.addresses({ name, member, dns, networks: member.networks });
    for (const [label, network] of several(member)) {
      const narrow = `${member.name}.${label}.${below}`;
      if (!taken.has(`${dns.zone}/${narrow}`)) gathered.addresses({ name: narrow, member, dns, networks: [network] });
    }
    for (const address of member.networks.flatMap(({ addresses }) => addresses)) {
      gathered.reverse({ address, member, dns, target: `${name}.${dns.zone}` });
    }
  }
  return gathered.result();
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
  readonly #app: string;
  readonly #names = new Map<string, NameRecord>();
  readonly #refused = new Set<string>();

  constructor(app: string) {
    this.#app = app;
  }

  ids(): ReadonlySet<string> {
    return new Set(this.#names.keys());
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
      ...{ application: this.#app, clouds: [], ttl: Math.ceil(dns.ttl), addresses: [] },
      ...(dns.skydns && { skydns: dns.skydns.prefix }),
    };
    this.#names.set(id, record);
    if (!record.clouds.includes(member.cloud)) record.clouds = [...record.clouds, member.cloud].sort();
    return record;
  }
}

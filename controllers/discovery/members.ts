import { canonicalAddress } from '../../lib/addresses/index.ts';
import type { Entry, View } from '../../lib/store/index.ts';
import { containerOf, hostOf, nameOf } from '../../lib/store/index.ts';

/** A container that answers, on one host. */
export interface Member {
  /** `web-0` */
  name: string;
  service: string;
  cloud: string;
  /**
   * Addresses in each network that it joined, in the order of its interfaces; `own` are those of them that berth gave it,
   * which nobody else has. What a plugin chose by itself others may have, too, on other hosts.
   */
  networks: { name: string; addresses: string[]; own: string[] }[];
  ports: { port: number; protocol: 'tcp' | 'udp' }[];
  /** Published on the host: `{"53/tcp": 49153}`. */
  published: Record<string, number>;
  hostAddress: string;
  /** Of this very start. */
  identity: string;
}

/**
 * Those of these containers that answer: observed running as assigned, healthy where anything checks that, on a host that
 * is not lost. One that moves does so twice for a while.
 */
export function* membersOf(containers: Iterable<Entry<'containers'>>, state: View): Iterable<Member> {
  for (const container of containers) {
    for (const observed of state.by('observed', 'container', container.id)) {
      const member = memberOf(container, observed, state);
      if (member) yield member;
    }
  }
}

function memberOf(container: Entry<'containers'>, observed: Entry<'observed'>, state: View): Member | undefined {
  const { uid, state: said, addresses, ports, startedAt = '' } = observed.value;
  const host = state.by('hosts', 'name', hostOf(observed))[0]?.value;
  const endpoint = state.get('endpoints', observed.id)?.value;
  const assigned = state.get('assignments', observed.id)?.value.uid === uid;
  const checked = observed.value.health ?? (container.value.healthCheck ? 'starting' : 'healthy');
  if (said !== 'running' || checked !== 'healthy' || !assigned || endpoint?.uid !== uid) return undefined;
  if (!host || host.lost || host.gone) return undefined;
  return {
    name: nameOf({ id: containerOf(observed) }),
    service: container.value.service,
    cloud: container.value.cloud,
    networks: endpoint.interfaces.map(({ network, address, address6 }) => {
      const given = addresses[network] ?? address;
      const six = address6 === undefined ? [] : [address6];
      return {
        name: network,
        addresses: [given, ...six],
        own: [...(canonicalAddress(given) === canonicalAddress(address) ? [address] : []), ...six],
      };
    }),
    ports: container.value.ports.map(({ port, protocol }) => ({ port, protocol })),
    published: ports,
    hostAddress: host.address,
    identity: `${uid} ${startedAt}`,
  };
}

import { formatAddress } from '../../lib/addresses/index.ts';
import {
  CalicoReader,
  decodeRecord,
  felixConfiguration,
  type IpamPlan,
  keyOf,
  type NodeSpec,
  node,
  type Resource,
} from '../../lib/calico/index.ts';
import type { DockerCloudSpec, HostRecord } from '../../lib/records/index.ts';
import type { View, Write } from '../../lib/store/index.ts';
import type { Part } from './batch.ts';
import {
  felixConfigurationSpec,
  felixName,
  nodeFor,
  TUNNELS,
  type Tunnel,
  tunnelAddress,
  tunnelHandle,
  tunnelsOf,
  tunnelType,
} from './calico-settings.ts';
import type { Owned } from './context.ts';
import { bearsOurMark, bytes, isOurs, type Origin, readable, resource } from './resources.ts';
import { openPools } from './tunnels.ts';
import { nodeOf } from './workloads.ts';

type Network = DockerCloudSpec['network'];

interface Around {
  state: View;
  origin: Origin;
  plan: IpamPlan;
  /** Is told why a tunnel has no address. */
  refused?: (why: string) => void;
}

/** Whether calico/node runs on a host, or has left records of the host behind. */
export const hasCalicoNode = (host: string, network: Network | undefined, state: View): boolean =>
  network?.provider === 'calico' || state.get('calico', keyOf.felixConfiguration(felixName(host))) !== undefined;

/** Whether there are records of a host that calico/node on it read, and that berth has to take away. */
export function leavesCalico(host: string, state: View, installation: string): boolean {
  const entry = state.get('calico', keyOf.felixConfiguration(felixName(host)));
  return entry !== undefined && bearsOurMark(entry, installation);
}

/**
 * What calico/node on a host reads of it: its node, with an address for each tunnel, and its Felix's configuration. With
 * another provider the tunnels and the configuration go. Records that are not ours stay as they are.
 */
export function calicoPart(host: string, record: HostRecord, network: Network, around: Around): Part {
  const writes = [...nodeWrites(host, record, network, around), ...felixWrites(host, network, around)];
  return { writes, guards: [] };
}

/** Frees the tunnels' addresses of a host that is no more, and removes its Felix's configuration. */
export function forgetCalico(host: string, { state, origin, plan }: Around): Part {
  for (const tunnel of TUNNELS) plan.release(tunnelHandle(tunnel, host));
  return { writes: felixWrites(host, undefined, { state, origin }), guards: [] };
}

function nodeWrites(host: string, record: HostRecord, network: Network, around: Around): Write<Owned>[] {
  const { state, origin, plan } = around;
  const { value, revision } = new CalicoReader(state).node(host);
  // One that does not parse, or is not ours, is left alone. So is a host that has no address yet.
  if ((revision !== 0 && !(value && isOurs(value, origin.installation))) || record.address === '') return [];
  const found = value ?? fresh(host, record, origin);
  const wanted = tunnelsOf(network);
  const tunnels = new Map<Tunnel, string>();
  for (const tunnel of TUNNELS) {
    if (!wanted.includes(tunnel)) {
      if (tunnelAddress(found.spec, tunnel) !== undefined) plan.release(tunnelHandle(tunnel, host));
      continue;
    }
    const address = tunnelAddress(found.spec, tunnel) ?? assigned(host, record.cloud, tunnel, around);
    if (address !== undefined) tunnels.set(tunnel, address);
  }
  const text = bytes(node, nodeFor(found, record, network, tunnels));
  const same = value !== undefined && text.equals(bytes(node, value));
  return same ? [] : [{ put: 'calico', id: keyOf.node(host), value: text, expect: revision }];
}

function fresh(host: string, { address }: HostRecord, origin: Origin): Resource<NodeSpec> {
  const { id, value } = nodeOf(host, address, origin);
  return decodeRecord(node, id, value);
}

/** An address of the cloud's tunnels; none while their pool is not there, which wakes its hosts when it comes, or while all are full. */
function assigned(
  host: string,
  cloud: string,
  tunnel: Tunnel,
  { state, origin, plan, refused }: Around,
): string | undefined {
  const pools = openPools(cloud, state, origin.installation);
  if (pools.length === 0) return undefined;
  const handle = tunnelHandle(tunnel, host);
  const given = plan.assign({ host, pools, handle, now: origin.now, type: tunnelType(tunnel) });
  if ('address' in given) return formatAddress(given.address);
  refused?.(`it has no address for its ${tunnel} tunnel: ${given.refused}`);
  return undefined;
}

function felixWrites(
  host: string,
  network: Network | undefined,
  { state, origin }: Pick<Around, 'state' | 'origin'>,
): Write<Owned>[] {
  const id = keyOf.felixConfiguration(felixName(host));
  const entry = state.get('calico', id);
  if (entry && !bearsOurMark(entry, origin.installation)) return [];
  const found = readable(felixConfiguration, entry);
  const expect = entry?.modRevision ?? 0;
  if (network?.provider !== 'calico') return entry ? [{ delete: 'calico', id, expect }] : [];
  // One that does not parse is never written over.
  if (entry && !found) return [];
  const spec = felixConfigurationSpec(network);
  const record = found ? { ...found, spec } : resource('FelixConfiguration', felixName(host), spec, origin);
  const value = bytes(felixConfiguration, record);
  return entry?.value.equals(value) ? [] : [{ put: 'calico', id, value, expect }];
}

import { type Attachment, addressesOf, type HostNetworkPlan } from '../../lib/network/index.ts';
import { namespaceOf } from '../../lib/network/linux/index.ts';
import type { EndpointRecord } from '../../lib/records/index.ts';
import type { Contained, Member, Snapshot } from './model.ts';
import { interfaceId } from './policies.ts';

/**
 * The host's network as it should be, for the containers that are there. One that has to go keeps its interfaces until
 * it is gone, but publishes nothing.
 */
export function networkPlan(snapshot: Snapshot): HostNetworkPlan {
  const members = new Map(snapshot.members.map((member) => [member.id, member]));
  const attachments = snapshot.containers
    .filter(({ role }) => role === 'container')
    .flatMap((container) => {
      const member = members.get(container.member);
      const attachment = member && attachmentOf(member, container, snapshot);
      return attachment ? [attachment] : [];
    });
  // A host without containers of ours has nothing of ours: whatever is left in the store goes without its notice.
  const nothing = { routes: [], ownBlocks: [], pools: [], masquerade: [], policies: [] };
  return { ...snapshot.surroundings.plan, ...(attachments.length === 0 ? nothing : {}), attachments };
}

/**
 * Equal for plans that leave the same network behind: of one provider, with nothing done to the host in between. With the
 * shim, a process only matters while its namespace has no name.
 */
export const signature = (plan: HostNetworkPlan, { shim, provider }: Pick<Snapshot, 'shim' | 'provider'>): string =>
  JSON.stringify([provider, plan], (key, value) => (shim && key === 'pid' ? undefined : value));

/** What a failure to attach an incarnation is noted under. */
export const networkOf = (uid: string): string => `network:${uid}`;

/** Its endpoint is there, of this incarnation, and not because its network is full. */
export const hasAddresses = ({ assignment, endpoint }: Pick<Member, 'assignment' | 'endpoint'>): boolean =>
  endpoint !== undefined && endpoint.uid === assignment?.uid && endpoint.message === undefined;

/** All of its interfaces are there, in a namespace of its own. */
export const isAttached = (member: Member, { id }: Contained, snapshot: Snapshot): boolean =>
  hasAddresses(member) && isThere(namespaceOf(id), member.endpoint?.interfaces ?? [], snapshot);

/** A namespace is there, with these interfaces: with the addresses planned, or, where others choose them, with any. */
export function isThere(
  namespace: string,
  interfaces: readonly { name: string; address: string; address6?: string }[],
  { namespaces, given }: Pick<Snapshot, 'namespaces' | 'given'>,
): boolean {
  const addresses = namespaces.get(namespace);
  if (!addresses) return false;
  const chosen = given.get(namespace);
  return chosen
    ? interfaces.every(({ name }) => chosen.has(name))
    : interfaces.flatMap(addressesOf).every((address) => addresses.includes(address));
}

function attachmentOf(member: Member, container: Contained, snapshot: Snapshot): Attachment | undefined {
  const { assignment, endpoint } = member;
  if (endpoint?.uid !== container.uid) return undefined;
  const namespace = namespaceOf(container.id);
  const pid = processIn(container, snapshot);
  return {
    uid: container.uid,
    namespace,
    interfaces: endpoint.interfaces.map((each) => interfaceOf(each, endpoint, snapshot)),
    ports: assignment?.uid === container.uid ? assignment.reserved.ports.map((each) => ({ ...each })) : [],
    ...(pid === undefined ? {} : { pid }),
  };
}

function interfaceOf(
  { network, name, hostInterface, address, address6, mac }: EndpointRecord['interfaces'][number],
  { uid, interfaces }: EndpointRecord,
  { surroundings: { links, policies } }: Snapshot,
): Attachment['interfaces'][number] {
  const made = { name, network, hostInterface, address, ...(address6 === undefined ? {} : { address6 }), mac };
  const link = links.get(network);
  const policy = policies.get(interfaceId(uid, name));
  if (!link) return made;
  // What another interface is in is reached through that one, although this one's network may go there as well.
  const others = interfaces.flatMap((each) => (each.network === network ? [] : (links.get(each.network)?.own ?? [])));
  return {
    ...made,
    ...(link.mtu === undefined ? {} : { mtu: link.mtu }),
    ...(link.gateways.length > 0 ? { gateways: link.gateways } : {}),
    subnets: [...link.own, ...link.beyond.filter((range) => !others.includes(range))],
    ...(policy === undefined ? {} : { policy }),
  };
}

/** Who is in the namespace before it gets its name: the pause container, or a container that runs while the name is lost. */
function processIn(container: Contained, { shim, containers, namespaces }: Snapshot): number | undefined {
  const holder = shim
    ? !namespaces.has(namespaceOf(container.id)) && container.state === 'running' && container
    : containers.find(({ role, uid, state }) => role === 'pause' && uid === container.uid && state === 'running');
  const pid = holder ? holder.details?.pid : undefined;
  return pid === 0 ? undefined : pid;
}

import type { Attachment, HostNetworkPlan } from '../../lib/network/index.ts';
import { namespaceOf } from '../../lib/network/linux/index.ts';
import type { Contained, Member, Snapshot } from './model.ts';

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
  const nothing = { routes: [], ownBlocks: [], pools: [], networks: [] };
  return { ...snapshot.surroundings, ...(attachments.length === 0 ? nothing : {}), attachments };
}

/** Equal for plans that leave the same network behind. With the shim, a process only matters while its namespace has no name. */
export const signature = (plan: HostNetworkPlan, { shim }: Pick<Snapshot, 'shim'>): string =>
  JSON.stringify(plan, (key, value) => (shim && key === 'pid' ? undefined : value));

/** What a failure to attach an incarnation is noted under. */
export const networkOf = (uid: string): string => `network:${uid}`;

/** All of its interfaces are there, in a namespace of its own. */
export function isAttached({ endpoint }: Member, { id }: Contained, { namespaces }: Snapshot): boolean {
  const addresses = namespaces.get(namespaceOf(id));
  return addresses !== undefined && (endpoint?.interfaces ?? []).every(({ address }) => addresses.includes(address));
}

function attachmentOf(member: Member, container: Contained, snapshot: Snapshot): Attachment | undefined {
  const { assignment, endpoint } = member;
  if (endpoint?.uid !== container.uid) return undefined;
  const namespace = namespaceOf(container.id);
  const pid = processIn(container, snapshot);
  return {
    uid: container.uid,
    namespace,
    interfaces: endpoint.interfaces.map(({ network, name, hostInterface, address, mac }) => ({
      ...{ name, hostInterface, address, mac },
      subnets: snapshot.surroundings.networks.find((each) => each.name === network)?.cidrs ?? [],
    })),
    ports: assignment?.uid === container.uid ? assignment.reserved.ports.map((each) => ({ ...each })) : [],
    ...(pid === undefined ? {} : { pid }),
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

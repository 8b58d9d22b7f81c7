import { namespaceOf } from '../../lib/network/linux/index.ts';
import type { ObservedRecord } from '../../lib/records/index.ts';
import { type Contained, type Member, removalOf, type Snapshot } from './model.ts';
import { isAttached, networkOf } from './network.ts';

/** What is written before any effect: from here on addresses and ports are in use. */
export const creating = ({ assignment, record }: Member): ObservedRecord => ({
  uid: assignment?.uid ?? '',
  state: 'creating',
  id: '',
  image: record?.image ?? '',
  addresses: {},
  ports: {},
  restarts: 0,
});

/** What is to be said of a wanted container: Docker's words, and what keeps it from running. */
export function observe(member: Member, container: Contained | undefined, snapshot: Snapshot): ObservedRecord {
  const { assignment, endpoint, record, observed } = member;
  if (!assignment) return observed ?? creating(member);
  if (!container) {
    const message = obstacle(member, snapshot);
    return { ...creating(member), ...(message === undefined ? {} : { message }) };
  }
  const { details } = container;
  const ended = container.state === 'exited' || container.state === 'dead' || container.state === 'restarting';
  const { failures } = snapshot;
  const { uid } = assignment;
  const failure = failures.get(uid) ?? failures.get(networkOf(uid)) ?? failures.get(removalOf(uid));
  const message = failure?.message || details?.error;
  const stopped = record?.run === false || (observed?.stopped && container.state === 'exited');
  const attached = isAttached(member, container, snapshot);
  const given = snapshot.given.get(namespaceOf(container.id));
  return {
    uid,
    state: container.state,
    id: container.id,
    image: details?.image ?? container.image,
    addresses: attached
      ? Object.fromEntries(
          (endpoint?.interfaces ?? []).map((each) => [each.network, given?.get(each.name) ?? each.address]),
        )
      : {},
    ports: Object.fromEntries(
      assignment.reserved.ports.map(({ port, protocol, host }) => [`${port}/${protocol}`, host]),
    ),
    ...(details?.startedAt ? { startedAt: details.startedAt } : {}),
    restarts: details?.restarts ?? 0,
    ...(ended && details ? { exitCode: details.exitCode } : {}),
    ...(details?.health && container.state === 'running' ? { health: details.health } : {}),
    ...(stopped ? { stopped } : {}),
    ...(message ? { message } : {}),
  };
}

/** Why a container that is wanted has not been made. */
function obstacle({ assignment, record }: Member, { failures, busy }: Snapshot): string | undefined {
  if (!record || record.spec !== assignment?.spec) return 'its record has changed or is gone: it is not made any more';
  const image = `image:${record.image}`;
  if (busy.has(image)) return `pulling ${record.image}`;
  return failures.get(assignment.uid)?.message ?? failures.get(image)?.message;
}

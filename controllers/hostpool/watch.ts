import { BerthError, messageOf } from '../../lib/errors/index.ts';
import { sleep, withTimeout } from '../../lib/platform/index.ts';
import { type Entry, nameOf } from '../../lib/store/index.ts';
import { adoptHosts } from './adopt.ts';
import type { HostpoolContext } from './context.ts';
import { secretsOf } from './credentials.ts';
import { byDriver, driverOf } from './place.ts';
import { probe } from './probes.ts';

type WatchContext = HostpoolContext & { wake(key: string): void };

/** Milliseconds between two looks at who is due. */
const TICK = 1_000;
/** Milliseconds between two lists of a cloud's machines, as a rule and while the last one did not fit the records. */
const LIST = { usual: 15_000, puzzled: 5_000 };
/** Milliseconds that one list may take. */
const PATIENCE = 60_000;
/** Milliseconds between two looks at what changes on a host without our doing: its ports, addresses, name servers. */
const LOOK = 120_000;
/** Probes under way at once. */
const AT_ONCE = 256;

/**
 * Looks at hosts and machines from outside while this replica leads: probes every ready host, lists every cloud's
 * machines. What it sees it remembers in the tools, and wakes whom it concerns.
 */
export async function watchHosts(context: WatchContext): Promise<void> {
  const { state, clock, signal, tools, wake } = context;
  // Counted apart: locations that do not answer keep no host from being probed.
  const [probing, listing] = [new Set<Promise<void>>(), new Set<Promise<void>>()];
  const lists = new Map<string, number>();
  const start = (work: Promise<void>, among: Set<Promise<void>>) => {
    const tracked = work.finally(() => among.delete(tracked));
    among.add(tracked);
  };
  // What a former lead of this process left behind is old, and its last probes never came to an end.
  tools.probes.retain(new Set());
  try {
    for (;;) {
      const now = clock.monotonic();
      for (const { id: cloud } of state.list('accepted/dockerclouds')) {
        const interval = LIST[tools.inventory.isPuzzled(cloud) ? 'puzzled' : 'usual'];
        if ((lists.get(cloud) ?? -Infinity) + interval > now) continue;
        lists.set(cloud, now);
        start(listMachines(cloud, context), listing);
      }
      for (const host of longestOverdue(context, now, AT_ONCE - probing.size)) {
        tools.probes.take(nameOf(host), now);
        start(probeHost(host, context), probing);
      }
      for (const host of state.list('hosts'))
        if (isLookedAt(host) && tools.probes.isDue(nameOf(host), now, LOOK)) wake(host.id);
      tools.probes.retain(new Set(state.list('hosts').map(nameOf)));
      await sleep(clock, TICK, signal);
    }
  } finally {
    await Promise.allSettled([...probing, ...listing]);
  }
}

/** Hosts to be probed now. Those that have waited longest come first, so that many that hang delay all alike. */
function longestOverdue({ state, tools }: WatchContext, now: number, room: number): Entry<'hosts'>[] {
  const due = state.list('hosts').flatMap((host) => {
    const since = isProbed(host) ? tools.probes.dueSince(nameOf(host), now) : undefined;
    return since === undefined ? [] : [{ host, since }];
  });
  if (due.length > room) due.sort((a, b) => a.since - b.since);
  return due.slice(0, Math.max(0, room)).map(({ host }) => host);
}

/** Nothing changes on paper. */
const isLookedAt = (host: Entry<'hosts'>): boolean => isProbed(host) && host.value.engine?.kind !== 'hollow';

const isProbed = ({ value }: Entry<'hosts'>): boolean => value.prepared !== undefined && !value.gone && !value.removing;

async function probeHost(entry: Entry<'hosts'>, context: WatchContext): Promise<void> {
  const { state, tools, clock, signal, wake } = context;
  const { cloud } = entry.value;
  const host = nameOf(entry);
  const outcome = await probeNow(entry, context).catch((error: unknown) => ({
    reachable: false,
    engine: false,
    message: messageOf(error),
  }));
  if (signal.aborted) return;
  const changed = tools.probes.record(host, outcome, clock.monotonic());
  if (!changed || !state.get('hosts', entry.id)) return;
  wake(cloud);
  wake(entry.id);
}

async function probeNow(entry: Entry<'hosts'>, { state, tools, signal }: WatchContext) {
  const { cloud } = entry.value;
  const accepted = state.get('accepted/dockerclouds', cloud);
  if (!accepted) return { reachable: false, engine: false, message: 'its cloud has no record' };
  const secrets = await secretsOf(state.get('credentials', cloud), tools);
  const link = tools.links.link({ name: nameOf(entry), ...entry.value }, secrets, accepted.value.spec);
  return probe(link, signal);
}

async function listMachines(cloud: string, context: WatchContext): Promise<void> {
  const { state, tools, clock, installation, log, signal } = context;
  const spec = state.get('accepted/dockerclouds', cloud)?.value.spec;
  if (!spec) return;
  // Machines of a pool carry no tags: claims say which are ours.
  const locations = byDriver(spec).filter(({ driver }) => tools.locations[driver].pool === undefined);
  // Noted before the lists are asked for: a machine that is made meanwhile cannot be missing from them.
  const expected = state
    .list('hosts', cloud)
    .filter(({ value }) => value.engine && locations.some(({ driver }) => driverOf(value) === driver))
    .map(nameOf);
  try {
    const lists = await withTimeout(
      clock,
      PATIENCE,
      () => new BerthError('BERTH_TIMEOUT', 'a location does not answer'),
      (deadline) =>
        Promise.all(
          locations.map(async (location) => {
            const { driver } = location;
            const machines = await tools.locations[driver].list({ cloud, installation, spec, location }, deadline);
            return machines.map((machine) => ({ ...machine, driver }));
          }),
        ),
      signal,
    );
    const recorded = (host: string) => state.get('hosts', `${cloud}/${host}`) !== undefined;
    tools.inventory.take(cloud, lists.flat(), expected, recorded, clock.monotonic());
    await adoptHosts(cloud, spec, context);
    await followUp(cloud, context);
  } catch (error) {
    if (!signal.aborted) log.warn({ cloud, error: messageOf(error) }, 'cannot list the machines of a cloud');
  }
}

/** Wakes the hosts whose machines differ from their records, and ends machines that nothing explains and nobody uses. */
async function followUp(
  cloud: string,
  { state, tools, clock, installation, store, fence, log, signal, wake }: WatchContext,
): Promise<void> {
  const now = clock.monotonic();
  for (const entry of state.list('hosts', cloud)) {
    const host = nameOf(entry);
    const machine = tools.inventory.machine(cloud, host);
    if (tools.inventory.isMissing(cloud, host, now)) wake(cloud);
    else if (machine && (machine.state === 'stopped' || machine.address !== entry.value.address)) wake(entry.id);
  }
  for (const machine of tools.inventory.strangers(cloud, now)) {
    // The cache may be behind a leader before us; the store is not.
    if (await store.read('hosts', `${cloud}/${machine.host}`)) continue;
    fence.check();
    log.info({ cloud, host: machine.host }, 'destroying a machine that no host record explains');
    await tools.locations[machine.driver].destroy({ ...machine, installation }, signal);
  }
}

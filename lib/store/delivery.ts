import { BerthError, isCode, messageOf } from '../errors/index.ts';
import { type Clock, type Log, sleep } from '../platform/index.ts';
import { type KeyValue, type Kv, OutcomeUnknown } from './kv.ts';
import { type Packed, transactionOf } from './packing.ts';
import { conflict, type PreparedUnit, rangeConflict } from './unit.ts';

/** A unit on its way. */
export interface Delivery extends Packed {
  /** An attempt may have landed without our learning of it. */
  ambiguous: boolean;
}

export interface DeliveryTools<D extends Delivery> {
  kv: Kv;
  /** @throws BERTH_NOT_LEADER */
  check: () => void;
  clock: Clock;
  log: Log;
  landed(units: readonly D[], revision: number): void;
  failed(units: readonly D[], error: unknown): void;
}

/** Milliseconds. */
const RETRY = { first: 100, factor: 2, most: 2000, during: 30_000 };

/** What etcd held of all keys of a batch, at one revision. */
interface Sight {
  revision: number;
  found: ReadonlyMap<string, KeyValue>;
}

/**
 * Sends units as one transaction and finds out what became of each; every unit has been told when this resolves.
 *
 * - A comparison that failed is one unit's fault: a look at all keys compared tells whose. Those fail; the others go
 *   again, without them.
 * - When a reply is lost, the same transaction goes again. It cannot land twice, because it compares the revision of
 *   each key that it writes. If it fails, the keys are read back: a unit has landed if its puts stand there with the
 *   same bytes above the revision expected, its deletes are gone, and the lead is still ours.
 * - An attempt that was given up may still be on its way when its unit is reported as failed. It lands only if all that
 *   the unit compared is so at that moment.
 */
export async function deliver<D extends Delivery>(batch: readonly D[], tools: DeliveryTools<D>): Promise<void> {
  const { kv, check, clock, log, landed, failed } = tools;
  const deadline = clock.monotonic() + RETRY.during;
  let delay = RETRY.first;
  let waiting = batch;

  while (waiting.length > 0) {
    try {
      check();
    } catch (error) {
      return failed(waiting, error);
    }
    try {
      const { succeeded, revision } = await kv.txn(transactionOf(waiting));
      if (succeeded) return landed(waiting, revision);
      waiting = judge(waiting, await look(kv, waiting), tools);
      if (clock.monotonic() > deadline) return failed(waiting, tooSlow());
    } catch (error) {
      if (!isCode(error, 'BERTH_STORE_UNAVAILABLE')) return refused(waiting, error, tools);
      if (error instanceof OutcomeUnknown) for (const delivery of waiting) delivery.ambiguous = true;
      if (clock.monotonic() + delay > deadline) return failed(waiting, error);
      log.debug({ units: waiting.length, error: messageOf(error), delay }, 'a write is tried again');
      await sleep(clock, delay);
      delay = Math.min(delay * RETRY.factor, RETRY.most);
    }
  }
}

/** Reads the leader's key and every key that the units compare, as of one revision. */
async function look(kv: Kv, batch: readonly Delivery[]): Promise<Sight> {
  const keys = new Set([batch[0]!.unit.fence.key, ...batch.flatMap(({ unit }) => unit.parts.map(({ key }) => key))]);
  const { revision, gets } = await kv.txn({ compare: [], then: [...keys].map((key) => ({ get: key })) });
  return { revision, found: new Map(gets.flat().map((kv) => [kv.key, kv])) };
}

/** Tells each unit whose fate is known from what etcd holds. @returns the others, to be sent again */
function judge<D extends Delivery>(batch: readonly D[], sight: Sight, { landed, failed }: DeliveryTools<D>): D[] {
  const { key, createRevision } = batch[0]!.unit.fence;
  const found = sight.found.get(key)?.createRevision ?? 0;
  if (found !== createRevision) {
    failed(batch, notLeader(key, createRevision, found));
    return [];
  }
  return batch.filter((delivery) => {
    const revision = delivery.ambiguous ? landedAt(delivery.unit, sight) : undefined;
    const clash = revision === undefined ? clashOf(delivery.unit, sight) : undefined;
    if (revision !== undefined) landed([delivery], revision);
    if (clash) failed([delivery], clash);
    return revision === undefined && !clash;
  });
}

/** The revision at which a unit landed, or one after it when it only deleted; undefined: it has not landed. */
function landedAt({ parts }: PreparedUnit, { revision, found }: Sight): number | undefined {
  const revisions: number[] = [];
  for (const { key, expected, write, value } of parts) {
    const kv = found.get(key);
    if (write === 'delete' && kv) return undefined;
    if (write !== 'put') continue;
    if (!kv || kv.modRevision <= expected || !kv.value.equals(bytesOf(value))) return undefined;
    revisions.push(kv.modRevision);
  }
  return revisions.length > 0 ? Math.max(...revisions) : revision;
}

/** Which comparison of a unit does not hold. Of ranges nothing was read: a unit with one travels alone, so it was its own. */
function clashOf({ parts, ranges }: PreparedUnit, { found }: Sight): BerthError | undefined {
  for (const { key, expected } of parts) {
    const actual = found.get(key)?.modRevision ?? 0;
    if (actual !== expected) return conflict(key, expected, actual);
  }
  const range = ranges[0];
  return range && rangeConflict(range);
}

/** etcd refuses for good: each unit alone, so that a malformed one or a dead lease does not fail its neighbours. */
async function refused<D extends Delivery>(
  batch: readonly D[],
  error: unknown,
  tools: DeliveryTools<D>,
): Promise<void> {
  if (batch.length > 1) {
    for (const delivery of batch) await deliver([delivery], tools);
    return;
  }
  if (!batch.some(({ ambiguous }) => ambiguous)) return tools.failed(batch, error);
  try {
    const left = judge(batch, await look(tools.kv, batch), tools);
    tools.failed(left, error);
  } catch (unreadable) {
    tools.failed(batch, new OutcomeUnknown(`the outcome of a write is not known: ${messageOf(error)}`, unreadable));
  }
}

const bytesOf = (value: string | Buffer): Buffer => (typeof value === 'string' ? Buffer.from(value) : value);

const tooSlow = () => new BerthError('BERTH_TIMEOUT', 'what a write relies on keeps changing');

const notLeader = (key: string, expected: number, found: number) =>
  new BerthError('BERTH_NOT_LEADER', 'the lead was lost before the write', {
    place: key,
    found: found === 0 ? 'none' : `revision ${found}`,
    expected: `revision ${expected}`,
  });

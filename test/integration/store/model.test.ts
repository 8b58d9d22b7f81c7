import { expect } from 'chai';
import fc from 'fast-check';
import { isCode } from '../../../lib/errors/index.ts';
import { silent, systemClock } from '../../../lib/platform/index.ts';
import { createEtcd } from '../../../lib/store/etcd/index.ts';
import type { Comparison, Kv, Operation, RangeRequest } from '../../../lib/store/kv.ts';
import { createMemoryEtcd } from '../../../lib/store/memory/index.ts';
import { startEtcd } from '../../harness/etcd.ts';
import { recordWatch, until } from '../../lib/store/conformance.ts';

/** Few keys, so that operations meet; among them those whose order is easily got wrong. */
const key = fc.constantFrom('a', 'a/', 'a/1', 'a/2', 'a0', 'b', 'é', '\uffee', '😀');
const end = fc.option(fc.constantFrom('a/', 'a0', 'b', 'c', '\0'), { nil: undefined });
type LeaseName = 'first' | 'second' | 'gone' | 'none';
/** Of two leases that exist, one that does not, and none. */
const lease = fc.constantFrom<LeaseName>('first', 'second', 'gone', 'none');

const withEnd = <T extends object>(from: T, to: string | undefined): T & { end?: string } =>
  to === undefined ? from : { ...from, end: to };

const deletion = fc.tuple(key, end).map(([from, to]) => withEnd({ delete: from }, to));
/** Beside a put, etcd's own check for overlaps errs where a range to delete is empty or has no end; the model refuses. */
const plainDeletion = deletion.filter(
  (range) => !('end' in range) || (range.end !== '\0' && range.delete < `${range.end}`),
);
const operation = fc.oneof(
  fc.record({ put: key, value: fc.string({ maxLength: 3 }), lease }),
  plainDeletion,
  fc.tuple(key, end).map(([from, to]) => withEnd({ get: from }, to)),
);
const number = fc.integer({ min: -1, max: 12 });
const comparison = fc
  .tuple(
    key,
    end,
    fc.constantFrom<'create' | 'mod' | 'version'>('create', 'mod', 'version'),
    fc.constantFrom<Comparison['op']>('=', '!=', '>', '<'),
    number,
  )
  .map(([from, to, target, op, value]): Comparison => withEnd({ key: from, target, op, value }, to));

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      compare: fc.array(comparison, { maxLength: 2 }),
      ok: fc.oneof(
        { weight: 9, arbitrary: fc.array(operation, { maxLength: 4 }) },
        { weight: 1, arbitrary: fc.array(deletion, { maxLength: 2 }) },
      ),
      otherwise: fc.array(operation, { maxLength: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      range: fc.tuple(key, end),
      ago: fc.integer({ min: -1, max: 8 }),
      limit: fc.nat(3),
      keysOnly: fc.boolean(),
      countOnly: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ compactAgo: fc.integer({ min: -1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ revoke: fc.constantFrom<'first' | 'second'>('first', 'second') }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type RandomOperation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** One of the two stores, with the ids that it gave to the leases. */
interface Side {
  kv: Kv;
  leases: Record<LeaseName, string>;
}

async function prepare(kv: Kv): Promise<Side> {
  const [first, second, gone] = [await kv.grantLease(600), await kv.grantLease(600), await kv.grantLease(600)];
  await kv.revokeLease(gone.id);
  return { kv, leases: { first: first.id, second: second.id, gone: gone.id, none: '0' } };
}

/** What a side answers, its lease ids by name; a refusal as its code. */
async function answer({ kv, leases }: Side, step: Step, revision: number): Promise<unknown> {
  const withIds = (operations: readonly RandomOperation[]) =>
    operations.map((it): Operation => ('put' in it ? { ...it, lease: leases[it.lease] } : it));
  try {
    if ('compare' in step) {
      const { compare, ok, otherwise } = step;
      return named(leases, await kv.txn({ compare, then: withIds(ok), else: withIds(otherwise) }));
    }
    if ('range' in step) {
      const { range, ago, limit, keysOnly, countOnly } = step;
      const at = ago === 0 ? 0 : revision - ago;
      const request: RangeRequest = withEnd({ key: range[0], limit, keysOnly, countOnly, revision: at }, range[1]);
      return named(leases, await kv.range(request));
    }
    if ('compactAgo' in step) return await kv.compact(revision - step.compactAgo);
    return await kv.revokeLease(leases[step.revoke]);
  } catch (error) {
    if (isCode(error, 'BERTH_STORE_INVALID', 'BERTH_STORE_COMPACTED', 'BERTH_STORE_LEASE_GONE')) return error.code;
    throw error;
  }
}

function named(leases: Side['leases'], response: unknown): unknown {
  const names = new Map(Object.entries(leases).map(([name, id]) => [id, name]));
  return JSON.parse(JSON.stringify(response), (field, value) => (field === 'lease' ? names.get(value) : value));
}

/** The step that differs is in the error; the whole run would fill pages. */
function reporter({ failed, seed, errorInstance }: fc.RunDetails<[Step[]]>): void {
  if (failed) throw new Error(`seed ${seed}: ${errorInstance}`, { cause: errorInstance });
}

describe('the model and a real etcd', function () {
  this.timeout(120_000);

  it('give the same answer to everything, revision by revision, and the same history', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 150, maxLength: 250, size: 'max' }), async (steps) => {
        const etcd = await startEtcd();
        const real = createEtcd({ endpoints: [etcd.endpoint], clock: systemClock, log: silent });
        const model = createMemoryEtcd({ clock: systemClock });
        try {
          const [a, b] = [await prepare(real), await prepare(model.connect())];
          const [seenA, seenB] = [a, b].map(({ kv }) => recordWatch(kv, { key: 'a', end: 'b', startRevision: 2 }));
          // Otherwise what is not delivered yet may be compacted.
          await until(() => seenA?.revision && seenB?.revision);
          for (const step of steps) {
            const revision = model.revision;
            const [fromReal, fromModel] = [await answer(a, step, revision), await answer(b, step, revision)];
            expect(fromModel, JSON.stringify(step)).to.deep.equal(fromReal);
          }
          expect((await real.range({ key: 'a' })).revision).to.equal(model.revision);
          const wanted = seenB?.events.length;
          await until(() => seenA?.events.length === wanted, 'the same number of events');
          expect(named(b.leases, seenB?.events)).to.deep.equal(named(a.leases, seenA?.events));
        } finally {
          real.close();
          await etcd.close();
        }
      }),
      { numRuns: 8, endOnFailure: true, reporter },
    ));
});

import { expect } from 'chai';
import fc from 'fast-check';
import { type Packed, transactionOf } from '../../../lib/store/packing.ts';
import { Queue } from '../../../lib/store/queue.ts';
import { LIMITS, Part, type PreparedUnit } from '../../../lib/store/unit.ts';

interface Sample {
  writes: readonly string[];
  guards?: readonly { key: string; at: number }[];
  empty?: readonly string[];
  lead?: number;
  bytes?: number;
}

/** A unit by what matters to packing. */
function unit({ writes, guards = [], empty = [], lead = 1, bytes = 100 }: Sample): PreparedUnit {
  const parts: Part[] = writes.map((key) => Object.assign(new Part(key, 0), { write: 'put' as const, value: key }));
  for (const { key, at } of guards) if (!writes.includes(key)) parts.push(new Part(key, at));
  return {
    fence: { key: 'leader', createRevision: lead },
    parts,
    ranges: empty.map((key) => ({ key, end: `${key}~`, newest: 0 })),
    writes: writes.length,
    kinds: [],
    bytes,
  };
}

/** Queues all and takes out what is there: the writes of each transaction. */
function packed(...samples: Sample[]): string[][] {
  const queue = new Queue<Packed>();
  for (const sample of samples) queue.add({ unit: unit(sample) });
  const batches: string[][] = [];
  for (let batch = queue.next(); batch; batch = queue.next()) {
    batches.push(batch.units.flatMap(({ unit }) => unit.parts.flatMap(({ key, write }) => (write ? [key] : []))));
  }
  return batches;
}

describe('the queue of units', () => {
  it('sends the largest unit whole, within what etcd compares', () => {
    const largest = unit({ writes: Array.from({ length: LIMITS.parts }, (_, i) => `k${i}`) });
    expect(transactionOf([{ unit: largest }]).compare.length).to.be.at.most(128);
  });

  for (const [what, samples, batches] of [
    ['packs what does not meet', [{ writes: ['a'] }, { writes: ['b', 'c'] }], [['a', 'b', 'c']]],
    ['holds back a second write of a key', [{ writes: ['a'] }, { writes: ['a'] }, { writes: ['b'] }], [['a', 'b']]],
    [
      'holds back what relies on a key that is written before it',
      [{ writes: ['a'] }, { writes: ['b'], guards: [{ key: 'a', at: 0 }] }],
      [['a']],
    ],
    [
      'holds back a write of what is relied on before it',
      [{ writes: ['b'], guards: [{ key: 'a', at: 0 }] }, { writes: ['a'] }],
      [['b']],
    ],
    [
      'holds back what meets only one that is held back',
      [{ writes: ['a'] }, { writes: ['a', 'b'] }, { writes: ['b'] }, { writes: ['c'] }],
      [['a', 'c']],
    ],
    [
      'lets units that rely on one revision travel together, and those that rely on two apart',
      [
        { writes: ['a'], guards: [{ key: 'g', at: 5 }] },
        { writes: ['b'], guards: [{ key: 'g', at: 7 }] },
        { writes: ['c'], guards: [{ key: 'g', at: 5 }] },
        { writes: ['d'] },
      ],
      [['a', 'c', 'd'], ['b']],
    ],
    [
      'keeps the writes of two leads apart',
      [{ writes: ['a'] }, { writes: ['b'], lead: 2 }, { writes: ['c'] }],
      [['a', 'c'], ['b']],
    ],
    [
      'sends a unit with an empty range alone',
      [{ writes: ['a'] }, { writes: ['b'], empty: ['x'] }, { writes: ['c'] }],
      [['a', 'c'], ['b']],
    ],
    [
      'holds back a write into a range that should be empty',
      [{ writes: ['b'], empty: ['x'] }, { writes: ['x1'] }],
      [['b']],
    ],
    ['holds back an empty range that is written into', [{ writes: ['x1'] }, { writes: ['b'], empty: ['x'] }], [['x1']]],
    [
      'sends a large unit alone',
      [{ writes: ['a'] }, { writes: ['b'], bytes: 900_000 }, { writes: ['c'] }],
      [['a'], ['b'], ['c']],
    ],
  ] satisfies [string, Sample[], string[][]][]) {
    it(what, () => expect(packed(...samples)).to.deep.equal(batches));
  }

  it('calls a transaction full when it is, or when one stands behind it that is', () => {
    const queue = new Queue<Packed>();
    for (let i = 0; i < 126; i++) queue.add({ unit: unit({ writes: [`a${i}`] }) });
    expect(queue.full).to.equal(false);
    queue.add({ unit: unit({ writes: ['last'] }) });
    expect(queue.full, '128 comparisons with that of the leader’s key').to.equal(true);
    expect(transactionOf(queue.next()!.units).compare).to.have.length(128);
    expect(queue.full).to.equal(false);
    expect(queue.empty).to.equal(true);
  });

  it('sends everything once, in the order of each key, never two that meet at a time, within etcd’s limits', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'x1', 'x2');
    const sample: fc.Arbitrary<Sample> = fc.record({
      writes: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }),
      guards: fc.uniqueArray(fc.record({ key, at: fc.nat(1) }), { maxLength: 2, selector: ({ key }) => key }),
      empty: fc.subarray(['x'], { minLength: 0 }),
      lead: fc.constantFrom(1, 1, 1, 2),
    });
    const turns = fc.array(fc.oneof(sample, fc.constant('send' as const), fc.nat(3)), { maxLength: 80 });
    fc.assert(
      fc.property(turns, (turns) => {
        const queue = new Queue<Packed & { n: number }>();
        const inFlight: NonNullable<ReturnType<typeof queue.next>>[] = [];
        const waiting: (Packed & { n: number })[] = [];
        const sent = new Set<number>();
        const send = () => {
          const batch = queue.next();
          if (!batch) return;
          inFlight.push(batch);
          const { compare, then } = transactionOf(batch.units.slice());
          expect(compare.length).to.be.at.most(128);
          expect(then.length).to.be.at.most(128);
          for (const one of batch.units) {
            expect(sent.has(one.n)).to.equal(false);
            sent.add(one.n);
            for (const other of waiting) {
              const before = other.n < one.n && !done.has(other.n);
              if (before) expect(meet(one.unit, other.unit), `${other.n} before ${one.n}`).to.equal(false);
            }
          }
        };
        const done = new Set<number>();
        const land = (i: number) => {
          const [batch] = inFlight.splice(i % inFlight.length, 1);
          if (!batch) return;
          for (const { n } of batch.units) done.add(n);
          queue.done(batch);
        };
        for (const turn of turns) {
          if (turn === 'send') send();
          else if (typeof turn === 'number') land(turn);
          else {
            const one = { n: waiting.length, unit: unit(turn) };
            waiting.push(one);
            queue.add(one);
          }
        }
        for (let rounds = 0; done.size < waiting.length; rounds++) {
          expect(rounds).to.be.at.most(2 * waiting.length);
          send();
          land(0);
        }
      }),
    );
  });
});

/** Whether one writes what the other writes, relies on or wants to be absent. */
function meet(one: PreparedUnit, other: PreparedUnit): boolean {
  const clashes = (writer: PreparedUnit, reader: PreparedUnit) =>
    writer.parts.some(
      ({ key, write }) =>
        write &&
        (reader.parts.some((part) => part.key === key) ||
          reader.ranges.some(({ key: from, end }) => key >= from && key < end)),
    );
  return clashes(one, other) || clashes(other, one);
}

import { expect } from 'chai';
import fc from 'fast-check';
import { type Priority, WorkQueue } from '../../../lib/reconcile/index.ts';
import { VirtualClock } from '../../../lib/simulation/virtual-clock.ts';

const setUp = () => {
  const clock = new VirtualClock();
  return { clock, queue: new WorkQueue({ clock }) };
};
const takeAll = (queue: WorkQueue) => {
  const keys: string[] = [];
  for (let key = queue.take(); key !== undefined; key = queue.take()) keys.push(key);
  return keys;
};

describe('WorkQueue', () => {
  it('hands out a key once, however often it was added', () => {
    const { queue } = setUp();
    for (const key of ['a', 'b', 'a']) queue.add(key);
    expect(takeAll(queue)).to.deep.equal(['a', 'b']);
  });

  it('hands out a key again after done, once, if it was added while being processed', () => {
    const { queue } = setUp();
    queue.add('a');
    queue.take();
    queue.add('a');
    queue.add('a');
    expect(queue.take()).to.equal(undefined);
    queue.done('a');
    expect(takeAll(queue)).to.deep.equal(['a']);
  });

  it('serves live edits before retries before resyncs, and each in the order they came', () => {
    const { queue } = setUp();
    const adds: [string, Priority][] = [
      ['resync-1', 'resync'],
      ['retry-1', 'retry'],
      ['live-1', 'live'],
      ['resync-2', 'resync'],
      ['live-2', 'live'],
    ];
    for (const [key, priority] of adds) queue.add(key, priority);
    expect(takeAll(queue)).to.deep.equal(['live-1', 'live-2', 'retry-1', 'resync-1', 'resync-2']);
  });

  it('raises a waiting key to a higher priority, and never lowers one', () => {
    const { queue } = setUp();
    queue.add('a', 'resync');
    queue.add('b', 'resync');
    queue.add('b', 'live');
    queue.add('b', 'resync');
    expect(takeAll(queue)).to.deep.equal(['b', 'a']);
  });

  it('keeps the priority of what was added while being processed', () => {
    const { queue } = setUp();
    queue.add('a', 'resync');
    queue.take();
    queue.add('a', 'live');
    queue.add('b', 'resync');
    queue.done('a');
    expect(takeAll(queue)).to.deep.equal(['a', 'b']);
  });

  it('lets the earlier of two appointments win', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('a', 100);
    queue.addAfter('a', 50);
    queue.addAfter('a', 200);
    await clock.advance(49);
    expect(queue.take()).to.equal(undefined);
    await clock.advance(1);
    expect(queue.take()).to.equal('a');
    queue.done('a');
    await clock.advance(1000);
    expect(queue.take()).to.equal(undefined);
  });

  it('replaces an appointment by an immediate add', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('a', 100);
    queue.add('a');
    expect(takeAll(queue)).to.deep.equal(['a']);
    queue.done('a');
    await clock.advance(1000);
    expect(queue.take()).to.equal(undefined);
  });

  it('doubles the delay of each retry from 5 ms to 1000 s, until the key is forgotten', async () => {
    const { clock, queue } = setUp();
    const delays: number[] = [];
    for (let i = 0; i < 20; i++) {
      const before = clock.monotonic();
      queue.addRateLimited('a');
      await clock.until(() => queue.depth > 0, 2_000_000);
      delays.push(clock.monotonic() - before);
      queue.take();
      queue.done('a');
    }
    expect(delays.slice(0, 4)).to.deep.equal([5, 10, 20, 40]);
    expect(delays.at(-1)).to.equal(1_000_000);
    expect(queue.failures('a')).to.equal(20);
    queue.forget('a');
    queue.addRateLimited('a');
    await clock.advance(5);
    expect(queue.take()).to.equal('a');
  });

  it('spreads retries where it is given randomness', async () => {
    const clock = new VirtualClock();
    const queue = new WorkQueue({ clock, random: { next: () => 0.8 } });
    queue.addRateLimited('a');
    await clock.advance(5);
    expect(queue.depth).to.equal(0);
    await clock.advance(1);
    expect(queue.depth).to.equal(1);
  });

  it('hands out nothing after it was shut down, but takes back what is in hands', async () => {
    const { clock, queue } = setUp();
    for (const key of ['a', 'b']) queue.add(key);
    queue.take();
    queue.addAfter('c', 10);
    queue.shutDown();
    queue.add('d');
    queue.done('a');
    await clock.advance(100);
    expect(queue.take()).to.equal(undefined);
    expect([queue.depth, queue.delayed, queue.processing]).to.deep.equal([0, 0, 0]);
    expect(clock.next()).to.equal(undefined);
  });

  it('tells its observer how long keys waited and were worked on, in seconds', async () => {
    const clock = new VirtualClock();
    const seen: [string, number?][] = [];
    const queue = new WorkQueue({
      clock,
      observer: {
        added: () => seen.push(['added']),
        retried: () => seen.push(['retried']),
        waited: (seconds) => seen.push(['waited', seconds]),
        worked: (seconds) => seen.push(['worked', seconds]),
      },
    });
    queue.add('a');
    await clock.advance(2000);
    queue.take();
    await clock.advance(3000);
    expect(queue.unfinished()).to.deep.equal({ sum: 3, longest: 3 });
    queue.done('a');
    expect(seen).to.deep.equal([['added'], ['waited', 2], ['worked', 3]]);
  });

  it('behaves as its model, whatever is done to it', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const priority = fc.constantFrom<Priority>('live', 'retry', 'resync');
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key, priority }),
      fc.record({ do: fc.constant('addAfter' as const), key, priority, ms: fc.integer({ min: 0, max: 30 }) }),
      fc.record({ do: fc.constant('addRateLimited' as const), key }),
      fc.record({ do: fc.constant('forget' as const), key }),
      fc.record({ do: fc.constant('take' as const) }),
      fc.record({ do: fc.constant('done' as const), key }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 40 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, queue } = setUp();
        const model = new Model();
        for (const s of steps) {
          if (s.do === 'add') [queue, model].forEach((q) => void q.add(s.key, s.priority));
          if (s.do === 'addAfter') [queue, model].forEach((q) => void q.addAfter(s.key, s.ms, s.priority));
          if (s.do === 'addRateLimited') [queue, model].forEach((q) => void q.addRateLimited(s.key));
          if (s.do === 'forget') [queue, model].forEach((q) => void q.forget(s.key));
          if (s.do === 'done') [queue, model].forEach((q) => void q.done(s.key));
          if (s.do === 'take') expect(queue.take()).to.equal(model.take());
          if (s.do === 'advance') {
            await clock.advance(s.ms);
            model.advance(s.ms);
          }
          expect([queue.depth, queue.delayed, queue.processing]).to.deep.equal(model.counts());
        }
      }),
      { numRuns: 200 },
    );
  });

  it('serves 100,000 keys, rescheduled and raised, in order', () => {
    const { queue } = setUp();
    const names = Array.from({ length: 100_000 }, (_, i) => `key-${i}`);
    for (const name of names) queue.addAfter(name, 1000);
    for (const name of names) queue.add(name, 'resync');
    for (const name of names) queue.add(name, 'live');
    expect(takeAll(queue)).to.deep.equal(names);
  });
});

/** The queue as simple as it can be said: lists that are searched. */
class Model {
  #now = 0;
  #waiting: { key: string; rank: number }[] = [];
  #again = new Map<string, number>();
  #processing = new Set<string>();
  #later: { key: string; at: number; rank: number }[] = [];
  #failures = new Map<string, number>();

  add(key: string, priority: Priority) {
    this.#add(key, ['live', 'retry', 'resync'].indexOf(priority));
  }
  #add(key: string, rank: number) {
    this.#later = this.#later.filter((later) => later.key !== key);
    if (this.#processing.has(key)) {
      this.#again.set(key, Math.min(rank, this.#again.get(key) ?? rank));
      return;
    }
    const waiting = this.#waiting.find((each) => each.key === key);
    if (waiting && waiting.rank <= rank) return;
    this.#waiting = [...this.#waiting.filter((each) => each !== waiting), { key, rank }];
  }
  addAfter(key: string, ms: number, priority: Priority) {
    const rank = ['live', 'retry', 'resync'].indexOf(priority);
    if (ms === 0) return this.#add(key, rank);
    if (this.#again.has(key) || this.#waiting.some((each) => each.key === key)) return;
    const at = this.#now + ms;
    if (this.#later.some((later) => later.key === key && later.at <= at)) return;
    this.#later = [...this.#later.filter((later) => later.key !== key), { key, at, rank }];
  }
  addRateLimited(key: string) {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, 5 * 2 ** failures, 'retry');
  }
  forget(key: string) {
    this.#failures.delete(key);
  }
  take() {
    const first = this.#waiting.reduce<{ key: string; rank: number } | undefined>(
      (best, each) => (best && best.rank <= each.rank ? best : each),
      undefined,
    );
    if (!first) return undefined;
    this.#waiting = this.#waiting.filter((each) => each !== first);
    this.#processing.add(first.key);
    return first.key;
  }
  done(key: string) {
    if (!this.#processing.delete(key)) return;
    const rank = this.#again.get(key);
    this.#again.delete(key);
    if (rank !== undefined) this.#waiting.push({ key, rank });
  }
  advance(ms: number) {
    this.#now += ms;
    const due = this.#later.filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    for (const { key, rank } of due) this.#add(key, rank);
  }
  counts() {
    return [this.#waiting.length, this.#later.length, this.#processing.size];
  }
}

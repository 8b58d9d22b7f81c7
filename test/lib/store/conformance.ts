import type { Clock } from '../../../lib/platform/index.ts';
import type { Kv } from '../../../lib/store/kv.ts';
import { leaseConformance } from './conformance/leases.ts';
import { rangeConformance } from './conformance/ranges.ts';
import { transactionConformance } from './conformance/transactions.ts';
import { watchConformance } from './conformance/watches.ts';

export { type Recording, recordWatch, rejection, until, write } from './watching.ts';

/** A store that nobody else uses. */
export interface StoreUnderTest {
  /** A client of its own. Closed with the store. */
  connect(): Kv;
  /** The time that leases live by. It passes while a test waits for something real. */
  clock: Clock;
  close(): Promise<void>;
}

/** What a test gets: a client, and a prefix that no other test uses. */
export interface Fixture {
  kv: Kv;
  prefix: string;
  store: StoreUnderTest;
}

/**
 * Everything that berth relies on in etcd, as tests. Whatever passes them can stand in for etcd.
 *
 * @param makeStore an empty store; called once
 */
export function kvConformance(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a store`, function () {
    this.timeout(30_000);
    let store: StoreUnderTest;
    let count = 0;
    const fixture: Partial<Fixture> = {};

    before(async () => {
      store = await makeStore();
      fixture.store = store;
    });
    beforeEach(() => {
      fixture.kv = store.connect();
      fixture.prefix = `/t${++count}/`;
    });
    afterEach(() => fixture.kv?.close());
    after(() => store?.close());

    const use = (): Fixture => {
      const { kv, prefix, store } = fixture;
      if (!kv || prefix === undefined || !store) throw new Error('only inside a test');
      return { kv, prefix, store };
    };
    describe('ranges', () => rangeConformance(use));
    describe('transactions', () => transactionConformance(use));
    describe('leases', () => leaseConformance(use));
    describe('watches', () => watchConformance(use));
  });
}

import { expect } from 'chai';
import { silent, systemClock } from '../../../lib/platform/index.ts';
import { createEtcd } from '../../../lib/store/etcd/index.ts';
import { type Kv, OutcomeUnknown, prefixEnd } from '../../../lib/store/kv.ts';
import { type EtcdProcess, freePort, startEtcd } from '../../harness/etcd.ts';
import { type FaultProxy, startFaultProxy } from '../../harness/fault-proxy.ts';
import { recordWatch, rejection, until, write } from '../../lib/store/conformance.ts';

describe('a broken path to etcd', function () {
  this.timeout(60_000);
  let etcd: EtcdProcess;
  let proxy: FaultProxy;
  /** Through the proxy. */
  let kv: Kv;
  /** Past it. */
  let direct: Kv;
  let prefix: string;
  let count = 0;

  const client = (...ports: number[]) =>
    createEtcd({ endpoints: ports.map((port) => `http://127.0.0.1:${port}`), clock: systemClock, log: silent });
  const all = () => ({ key: prefix, end: prefixEnd(prefix) });
  const answers = (kv: Kv) => kv.range({ key: prefix }, { timeoutMs: 500 }).then(Boolean, () => false);

  before(async () => {
    etcd = await startEtcd();
    direct = client(etcd.port);
  });
  beforeEach(async () => {
    proxy = await startFaultProxy(etcd.port);
    kv = client(proxy.port);
    prefix = `/faults${++count}/`;
    await kv.range({ key: prefix });
  });
  afterEach(async () => {
    kv.close();
    await proxy.close();
  });
  after(async () => {
    direct?.close();
    await etcd?.close();
  });

  for (const [name, call] of [
    ['range', (kv) => kv.range({ key: prefix }, { timeoutMs: 300 })],
    ['txn', (kv) => kv.txn({ compare: [], then: [{ put: `${prefix}a`, value: '' }] }, { timeoutMs: 300 })],
    ['grantLease', (kv) => kv.grantLease(10, { timeoutMs: 300 })],
    ['keepLeaseAlive', (kv) => kv.keepLeaseAlive('77', { timeoutMs: 300 })],
    ['revokeLease', (kv) => kv.revokeLease('77', { timeoutMs: 300 })],
    ['compact', (kv) => kv.compact(1, { timeoutMs: 300 })],
  ] as [string, (kv: Kv) => Promise<unknown>][]) {
    for (const connection of ['an open', 'a new']) {
      it(`${name} ends at its deadline on ${connection} connection that swallows everything`, async () => {
        if (connection === 'an open') await kv.keepLeaseAlive('1');
        else {
          kv.close();
          kv = client(proxy.port);
        }
        proxy.swallow('requests', 'replies');
        const failure = await rejection(call(kv));
        expect(failure.code).to.equal('BERTH_STORE_UNAVAILABLE');
        expect(failure instanceof OutcomeUnknown).to.equal(name === 'txn');
      });
    }
  }

  it('a transaction whose reply is lost has an unknown outcome, and has happened, once', async () => {
    proxy.swallow('replies');
    const failed = rejection(write(kv, { put: `${prefix}a`, value: '' }));
    await until(async () => (await direct.range({ key: `${prefix}a` })).count === 1, 'the commit');
    await until(() => proxy.swallowed > 0, 'the reply');
    proxy.cut();
    expect(await failed).to.be.instanceOf(OutcomeUnknown);
    await proxy.heal();
    await until(() => answers(kv));
    expect((await direct.range({ key: `${prefix}a` })).kvs[0]?.version).to.equal(1);
  });

  it('a transaction surely did not happen where nobody listens', async () => {
    await proxy.refuse();
    await until(() => proxy.connections === 0);
    // The first failure may be that of the connection that broke; from then on it is clear.
    await rejection(kv.range({ key: prefix }));
    const failure = await rejection(write(kv, { put: `${prefix}a`, value: '' }));
    expect(failure.code).to.equal('BERTH_STORE_UNAVAILABLE');
    expect(failure).not.to.be.instanceOf(OutcomeUnknown);
  });

  it('a call under way ends when its caller gives up or closes the client', async () => {
    proxy.swallow('requests', 'replies');
    const abort = new AbortController();
    const [aborted, closed] = [
      rejection(kv.txn({ compare: [], then: [] }, { signal: abort.signal, timeoutMs: 50_000 })),
      rejection(kv.txn({ compare: [], then: [] }, { timeoutMs: 50_000 })),
    ];
    abort.abort();
    expect(await aborted).to.be.instanceOf(OutcomeUnknown);
    kv.close();
    expect(await closed).to.be.instanceOf(OutcomeUnknown);
  });

  it('works again once the path is back, without anybody’s help', async () => {
    for (let round = 0; round < 3; round++) {
      await proxy.refuse();
      await rejection(kv.range({ key: prefix }));
      await proxy.heal();
      await until(() => answers(kv));
    }
  });

  it('one call that times out does not fail its neighbours', async () => {
    proxy.delay(200);
    const impatient = rejection(kv.range({ key: prefix }, { timeoutMs: 50 }));
    const others = [1, 2, 3].map(() => kv.range({ key: prefix }));
    await impatient;
    const later = kv.range({ key: prefix });
    expect(await Promise.all([...others, later])).to.have.length(4);
  });

  it('a watch ends when its connection is cut, and a new one goes on from where it was', async () => {
    const { revision } = await write(direct, { put: `${prefix}a`, value: '1' });
    const first = recordWatch(kv, { ...all(), startRevision: revision });
    await until(() => first.events.length === 1);
    proxy.cut();
    await until(() => first.error);
    expect(first.error?.code).to.equal('BERTH_STORE_UNAVAILABLE');
    await write(direct, { put: `${prefix}a`, value: '2' });
    const second = recordWatch(kv, { ...all(), startRevision: first.revision + 1 });
    await until(() => second.events.length === 1);
    expect([first.summary, second.summary]).to.deep.equal([[`put ${prefix}a=1`], [`put ${prefix}a=2`]]);
    expect(first.errors).to.have.length(1);
  });

  it('thousands of events over many cuts: every one arrives, in order, none twice', async () => {
    const total = 3000;
    const { revision } = await direct.range({ key: prefix });
    let cursor = revision;
    const values: string[] = [];
    let running = true;
    const follow = () => {
      kv.watch({
        ...all(),
        startRevision: cursor + 1,
        onEvents(events, upTo) {
          values.push(...events.map((event) => event.kv.value.toString()));
          if (events.length > 0) cursor = upTo;
        },
        onEnd: () => running && follow(),
      });
    };
    follow();
    for (let i = 0; i < total; i++) {
      await write(direct, { put: `${prefix}${i % 7}`, value: String(i) });
      if (i % 250 === 100) proxy.cut();
    }
    await until(() => values.length >= total, `all events (${values.length})`);
    running = false;
    expect(values).to.deep.equal(Array.from({ length: total }, (_, i) => String(i)));
  });

  it('keepalive notices within seconds that a watch’s connection is a black hole', async () => {
    const seen = recordWatch(kv, all());
    await until(() => seen.revision > 0);
    proxy.swallow('requests', 'replies');
    await until(() => seen.error, 'the end of the watch');
    expect(seen.error?.code).to.equal('BERTH_STORE_UNAVAILABLE');
  });

  it('keepalive notices that etcd itself hangs', async () => {
    const seen = recordWatch(kv, all());
    await until(() => seen.revision > 0);
    etcd.freeze();
    try {
      await until(() => seen.error, 'the end of the watch');
    } finally {
      etcd.thaw();
    }
    await until(() => answers(kv));
  });

  it('a watch that cannot be opened ends', async () => {
    kv.close();
    kv = client(proxy.port);
    proxy.swallow('requests', 'replies');
    const swallowed = recordWatch(kv, all());
    const nobody = client(await freePort());
    try {
      const refused = recordWatch(nobody, all());
      await until(() => swallowed.error && refused.error);
      expect([swallowed.error?.code, refused.error?.code]).to.deep.equal(Array(2).fill('BERTH_STORE_UNAVAILABLE'));
    } finally {
      nobody.close();
    }
  });

  it('goes to the next endpoint when one fails, and back', async () => {
    const other = await startFaultProxy(etcd.port);
    const both = client(proxy.port, other.port);
    try {
      await both.range({ key: prefix });
      await proxy.refuse();
      await until(() => answers(both));
      const seen = recordWatch(both, all());
      await until(() => seen.revision > 0 || seen.error);
      await other.refuse();
      await proxy.heal();
      await until(() => answers(both));
    } finally {
      both.close();
      await other.close();
    }
  });
});

import { expect } from 'chai';
import { silent } from '../../../lib/platform/index.ts';
import { EventRecorder } from '../../../lib/reconcile/index.ts';
import type { EventRecord } from '../../../lib/records/index.ts';
import { VirtualClock } from '../../../lib/simulation/virtual-clock.ts';
import { keyspace } from '../../../lib/store/index.ts';
import { createMemoryEtcd, type Fault } from '../../../lib/store/memory/index.ts';

const keys = keyspace();
const MINUTE = 60_000;

function setUp() {
  const clock = new VirtualClock();
  const etcd = createMemoryEtcd({ clock });
  const state: { fault: Fault; dropped: number; calls: string[] } = { fault: 'none', dropped: 0, calls: [] };
  const kv = etcd.connect({
    fault: ({ method }) => {
      state.calls.push(method);
      return state.fault;
    },
  });
  const onDrop = () => {
    state.dropped++;
  };
  const recorder = new EventRecorder({ controller: 'hostpool', kv, keyspace: keys, clock, log: silent, onDrop });
  const written = (): (EventRecord & { key: string })[] =>
    etcd
      .peek(keys.range('events'))
      .kvs.map(({ key, value }) => ({ key: keys.parse(key)!.id, ...JSON.parse(value.toString()) }));
  return { clock, etcd, state, recorder, written };
}

describe('EventRecorder', () => {
  it('writes what happened under what it is about', async () => {
    const { clock, recorder, written } = setUp();
    recorder.record('dockerclouds/my-cloud', 'Warning', 'NoMachine', 'the list is used up');
    await clock.advance(0);
    expect(written()).to.have.length(1);
    expect(written()[0]!.key).to.match(/^dockerclouds\/my-cloud\/[0-9a-f]{16}$/);
    expect(written()[0]).to.include({
      ...{ about: 'dockerclouds/my-cloud', type: 'Warning', reason: 'NoMachine', message: 'the list is used up' },
      ...{ controller: 'hostpool', count: 1, first: '2026-01-01T00:00:00Z', last: '2026-01-01T00:00:00Z' },
    });
  });

  it('counts repeats, and writes the count every two minutes at most', async () => {
    const { clock, state, recorder, written } = setUp();
    for (let second = 0; second < 60; second++) {
      recorder.record('hosts/c/h', 'Warning', 'Unreachable', 'no answer');
      await clock.advance(1000);
    }
    expect(written().map(({ count }) => count)).to.deep.equal([1]);
    await clock.advance(MINUTE);
    expect(written().map(({ count, last }) => [count, last])).to.deep.equal([[60, '2026-01-01T00:00:59Z']]);
    expect(state.calls).to.deep.equal(['grantLease', 'txn', 'txn']);
  });

  it('makes one line of more than ten alike in ten minutes, which shows the last', async () => {
    const { clock, recorder, written } = setUp();
    for (let i = 1; i <= 15; i++) {
      recorder.record('hosts/c/h', 'Warning', 'PullFailed', `layer ${i}`);
      await clock.advance(1000);
    }
    await clock.advance(2 * MINUTE);
    const lines = written().map(({ message, count }) => `${message} ×${count}`);
    expect(lines).to.have.length(11);
    expect(lines).to.include('layer 10 ×1').and.include('(several alike) layer 15 ×5');
    await clock.advance(10 * MINUTE);
    recorder.record('hosts/c/h', 'Warning', 'PullFailed', 'layer 16');
    await clock.advance(0);
    expect(written().map(({ message }) => message)).to.include('layer 16');
  });

  it('limits what is written about one object, not about others', async () => {
    const { clock, state, recorder, written } = setUp();
    for (let i = 0; i < 40; i++) recorder.record('hosts/c/busy', 'Normal', `Reason${i}`, '');
    for (let i = 0; i < 5; i++) recorder.record('hosts/c/calm', 'Normal', `Reason${i}`, '');
    await clock.advance(0);
    expect(written().filter(({ about }) => about === 'hosts/c/busy')).to.have.length(25);
    expect(written().filter(({ about }) => about === 'hosts/c/calm')).to.have.length(5);
    expect(state.dropped).to.equal(15);
    await clock.advance(5 * MINUTE);
    recorder.record('hosts/c/busy', 'Normal', 'Later', '');
    await clock.advance(0);
    expect(written().map(({ reason }) => reason)).to.include('Later');
  });

  it('shares leases, so that events go an hour after their last write', async () => {
    const { clock, state, recorder, written } = setUp();
    for (let i = 0; i < 30; i++) {
      recorder.record(`hosts/c/h-${i}`, 'Normal', 'Ready', '');
      await clock.advance(MINUTE);
    }
    expect(state.calls.filter((call) => call === 'grantLease')).to.have.length(3);
    await clock.advance(31 * MINUTE);
    expect(written().length).to.be.within(20, 30);
    await clock.advance(45 * MINUTE);
    expect(written()).to.deep.equal([]);
  });

  it('keeps events while the store does not answer, and writes them when it does', async () => {
    const { clock, state, recorder, written } = setUp();
    state.fault = 'refused';
    for (const host of ['a', 'b']) recorder.record(`hosts/c/${host}`, 'Warning', 'Unreachable', '');
    await clock.advance(5000);
    state.fault = 'none';
    await clock.advance(10_000);
    expect(written().map(({ about }) => about)).to.deep.equal(['hosts/c/a', 'hosts/c/b']);
    expect(state.dropped).to.equal(0);
  });

  it('drops and counts what it cannot keep', async () => {
    const { clock, state, recorder, written } = setUp();
    state.fault = 'refused';
    for (let i = 0; i < 1500; i++) recorder.record(`hosts/c/h-${i}`, 'Warning', 'Unreachable', '');
    expect(state.dropped).to.equal(500);
    await clock.advance(10 * MINUTE);
    expect(state.dropped).to.equal(1500);
    state.fault = 'none';
    recorder.record('hosts/c/new', 'Warning', 'Unreachable', '');
    await clock.advance(0);
    expect(written().map(({ about }) => about)).to.deep.equal(['hosts/c/new']);
  });

  it('writes what is due before it closes, and waits no longer than it may', async () => {
    const { recorder, written } = setUp();
    recorder.record('hosts/c/a', 'Normal', 'Ready', '');
    await recorder.close(1000);
    expect(written()).to.have.length(1);

    const slow = setUp();
    slow.state.fault = 'lost-request';
    for (let i = 0; i < 10; i++) slow.recorder.record(`hosts/c/h-${i}`, 'Normal', 'Ready', '');
    let closed = false;
    slow.recorder.close(1000).then(() => {
      closed = true;
    });
    await slow.clock.until(() => closed, 6000);
  });
});

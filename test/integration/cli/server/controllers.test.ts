import { expect } from 'chai';
import type { Kv } from '../../../../lib/store/index.ts';
import { type EtcdProcess, startEtcd } from '../../../harness/etcd.ts';
import { Berth, connect, keys, leaders, stateFolder } from './berth.ts';

const DEFINED = ['hostpool', 'application', 'placement', 'ippool'];

describe('berth controllers', function () {
  this.timeout(180_000);
  let etcd: EtcdProcess;
  let state: Awaited<ReturnType<typeof stateFolder>>;
  let kv: Kv;
  const started: Berth[] = [];

  const replica = (...args: string[]): Berth => {
    const common = ['controllers', '--etcd', etcd.endpoint, '--http', '127.0.0.1:0'];
    const berth = new Berth([...common, ...args], state.path);
    started.push(berth);
    return berth;
  };

  beforeEach(async () => {
    state = await stateFolder();
    etcd = await startEtcd();
    kv = connect(etcd.endpoint);
  });
  afterEach(async () => {
    for (const berth of started.splice(0)) await berth.kill();
    kv.close();
    await etcd.close();
    await state.remove();
  });

  it('waits for an etcd that is not there, says so, and begins when it comes', async () => {
    await etcd.stop();
    const berth = replica();
    await berth.until(() => berth.logged('waits for etcd').length > 0);
    expect(await berth.status('/healthz')).to.equal(200);
    expect(await berth.status('/readyz')).to.equal(503);
    await etcd.start();
    await berth.until(async () => (await berth.status('/readyz')) === 200);
    await berth.until(async () => (await leaders(kv)).size >= 12);
    expect(await berth.stop()).to.equal(0);
  });

  it('ends in order also while etcd is away', async () => {
    const berth = replica();
    await berth.until(async () => (await leaders(kv)).size >= 12);
    await etcd.stop();
    expect(await berth.stop()).to.equal(0);
  });

  it('runs only the controllers asked for', async () => {
    const berth = replica('--only', 'placement,ippool');
    await berth.until(async () => (await leaders(kv)).size === 2);
    expect([...(await leaders(kv)).keys()]).to.have.members(['placement', 'ippool']);
  });

  it('announces where its HTTP port is', async () => {
    const berth = replica();
    const url = await berth.url();
    const members = async () => (await kv.range(keys.range('members'))).kvs;
    await berth.until(async () => (await members()).length === 1);
    expect(JSON.parse((await members())[0]!.value.toString())).to.include({ http: url, pid: berth.child.pid });
  });

  it('a graceful stop gives the leads back before the process ends, and the other replica takes them', async () => {
    const first = replica();
    await first.until(async () => (await leaders(kv)).size >= 12);
    const second = replica();
    await second.until(async () => (await second.status('/readyz')) === 200);
    const mine = async (berth: Berth) =>
      [...(await leaders(kv))]
        .filter(([, identity]) => identity.includes(`-${berth.child.pid}-`))
        .map(([name]) => name);
    // Slots are shared; the others stay with whoever came first.
    await second.until(async () => (await mine(second)).length > 0);
    expect(await mine(first)).to.include.members(DEFINED);

    expect(await first.stop()).to.equal(0);
    expect(await mine(first)).to.deep.equal([]);
    await second.until(async () => (await mine(second)).length >= 12);
    expect(second.logged('lost the lead')).to.deep.equal([]);
  });

  it('a second signal ends it at once', async () => {
    const berth = replica();
    await berth.until(async () => (await leaders(kv)).size >= 12);
    etcd.freeze();
    berth.child.kill('SIGTERM');
    await berth.until(() => berth.stderr.includes('a second signal ends at once'));
    expect(await berth.stop('SIGINT')).to.equal(130);
  });
});

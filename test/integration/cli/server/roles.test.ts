import { expect } from 'chai';
import { messageOf } from '../../../../lib/errors/index.ts';
import type { Kv } from '../../../../lib/store/index.ts';
import { type Demanded, demandRoles } from '../../../harness/auth.ts';
import { type EtcdProcess, startEtcd } from '../../../harness/etcd.ts';
import { Berth, connect, keys, leaders, stateFolder } from './berth.ts';

describe('berth roles, and controllers under them', function () {
  this.timeout(240_000);
  let etcd: EtcdProcess;
  let state: Awaited<ReturnType<typeof stateFolder>>;
  let demanded: Demanded;
  let root: Kv;
  let berth: Berth;

  /** What etcd denied to the controllers, as their log tells it. */
  const denials = () => berth.stderr.split('\n').filter((line) => line.includes('etcd refuses'));
  const put = (key: string, value: string) => root.txn({ compare: [], then: [{ put: key, value }] });

  before(async () => {
    state = await stateFolder();
    etcd = await startEtcd();
    demanded = await demandRoles(etcd, state.path);
    root = connect(etcd.endpoint, demanded.user);
    // A refusal that a later attempt makes up for is told nowhere else.
    const log = ['--log-level', 'debug', '--log-format', 'json'];
    const flags = ['--etcd', etcd.endpoint, '--http', '127.0.0.1:0', ...demanded.access, ...log];
    berth = new Berth(['controllers', ...flags], state.path);
  });
  after(async () => {
    await berth?.kill();
    root?.close();
    await etcd?.close();
    await state?.remove();
  });

  it('say the same as JSON as in commands', async () => {
    const asJson = new Berth(['roles', '--format', 'json'], state.path);
    expect(await asJson.ended()).to.equal(0);
    const { users }: { users: { who: string; name: string }[] } = JSON.parse(asJson.stdout);
    const names = Object.entries(demanded.credentials).map(([who, { user }]) => [who, user]);
    expect(users.map(({ who, name }) => [who, name])).to.have.deep.members(names);
  });

  it('all controllers lead, each under its own user', async () => {
    await berth.until(async () => (await leaders(root)).size >= 12);
    expect(await berth.status('/readyz')).to.equal(200);
  });

  it('a cloud on paper and an application on it come up, so every controller writes what it has to', async () => {
    await put(keys.key('dockerclouds', 'paper'), '{"spec": {"location": "hollow", "hosts": {"min": 2}}}');
    await put(
      keys.key('applications', 'default/shop'),
      '{"location": "paper", "services": [{"type": "docker:redis:3"}]}',
    );
    await berth.until(async () => {
      const [status] = (await root.range({ key: keys.key('status/applications', 'default/shop') })).kvs;
      return status?.value.includes('"phase":"Running"');
    });
  });

  it('a user and what it deletes go the same way', async () => {
    await root.txn({ compare: [], then: [{ delete: keys.key('applications', 'default/shop') }] });
    await root.txn({ compare: [], then: [{ delete: keys.key('dockerclouds', 'paper') }] });
    const left = async () => {
      const kinds = ['hosts', 'containers', 'assignments', 'observed', 'endpoints', 'status/dockerclouds'] as const;
      const counts = await Promise.all(kinds.map((kind) => root.range({ ...keys.range(kind), countOnly: true })));
      return counts.reduce((sum, { count }) => sum + count, 0);
    };
    await berth.until(async () => (await left()) === 0);
  });

  it('etcd refuses nothing that a controller wants, and everything else', async () => {
    expect(denials()).to.deep.equal([]);
    for (const [who, user] of Object.entries(demanded.credentials)) {
      const kv = connect(etcd.endpoint, user);
      const foreign = who === 'placement' ? keys.key('hosts', 'a/b') : keys.key('assignments', 'h/a/b/c-0');
      const denied = kv.txn({ compare: [], then: [{ put: foreign, value: '{}' }] }).then(() => 'written', messageOf);
      expect(await denied, who).to.include('etcd refuses');
      kv.close();
    }
  });

  it('a controller that lacks its role says so', async () => {
    // Each role has its user's name.
    const { user } = demanded.credentials.hostpool!;
    await etcd.ctl('user', 'revoke-role', user, user);
    await put(keys.key('dockerclouds', 'late'), '{"spec": {"location": "hollow", "hosts": {"min": 1}}}');
    await berth.until(() => denials().length > 0);
  });
});

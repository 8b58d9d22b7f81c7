import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { messageOf } from '../../../../lib/errors/index.ts';
import type { Kv } from '../../../../lib/store/index.ts';
import { type EtcdProcess, startEtcd } from '../../../harness/etcd.ts';
import { Berth, connect, keys, leaders, stateFolder } from './berth.ts';

const run = promisify(execFile);

interface User {
  who: string;
  name: string;
}

describe('berth roles, and controllers under them', function () {
  this.timeout(240_000);
  let etcd: EtcdProcess;
  let state: Awaited<ReturnType<typeof stateFolder>>;
  let users: User[];
  let root: Kv;
  let berth: Berth;

  const password = ({ who }: User) => `password-of-${who}`;

  before(async () => {
    state = await stateFolder();
    etcd = await startEtcd();
    const asJson = new Berth(['roles', '--format', 'json'], state.path);
    expect(await asJson.ended()).to.equal(0);
    users = JSON.parse(asJson.stdout).users;
    const asCommands = new Berth(['roles'], state.path);
    expect(await asCommands.ended()).to.equal(0);

    // What an administrator does: passwords into files, then the commands as they are.
    for (const user of users) await writeFile(join(state.path, `${user.name}.password`), `${password(user)}\n`);
    const env = { PATH: process.env.PATH, ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: etcd.endpoint };
    await run('sh', ['-e', '-c', asCommands.stdout], { cwd: state.path, env });
    await etcd.enableAuth('root');
    root = connect(etcd.endpoint, { user: 'root', password: 'root' });

    const entries = users.map((user) => [user.who, { user: user.name, password: password(user) }]);
    const credentials = join(state.path, 'credentials.yaml');
    await writeFile(credentials, JSON.stringify(Object.fromEntries(entries)));
    const flags = ['--etcd', etcd.endpoint, '--etcd-credentials', credentials, '--http', '127.0.0.1:0'];
    berth = new Berth(['controllers', ...flags], state.path);
  });
  after(async () => {
    await berth?.kill();
    root?.close();
    await etcd?.close();
    await state?.remove();
  });

  it('all controllers lead, each under its own user', async () => {
    await berth.until(async () => (await leaders(root)).size >= 12);
    expect(await berth.status('/readyz')).to.equal(200);
  });

  it('a cloud on paper and an application on it come up, so every controller writes what it has to', async () => {
    const put = (key: string, value: string) => root.txn({ compare: [], then: [{ put: key, value }] });
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
    expect(berth.stderr).not.to.include('BERTH_STORE_DENIED');
    for (const user of users) {
      const kv = connect(etcd.endpoint, { user: user.name, password: password(user) });
      const foreign = user.who === 'placement' ? keys.key('hosts', 'a/b') : keys.key('assignments', 'h/a/b/c-0');
      const denied = kv.txn({ compare: [], then: [{ put: foreign, value: '{}' }] }).then(() => 'written', messageOf);
      expect(await denied, user.who).to.include('etcd refuses');
      kv.close();
    }
  });
});

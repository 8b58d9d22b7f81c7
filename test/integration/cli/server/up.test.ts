import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort } from '../../../harness/etcd.ts';
import { until } from '../../../harness/until.ts';
import { Berth, connect, keys, leaders, stateFolder } from './berth.ts';

describe('berth up', function () {
  this.timeout(180_000);
  let state: Awaited<ReturnType<typeof stateFolder>>;
  const started: Berth[] = [];
  let listen: string;

  const up = (args: readonly string[] = [], env?: Record<string, string>): Berth => {
    const berth = new Berth(['up', '--etcd-listen', listen, '--http', '127.0.0.1:0', ...args], state.path, env);
    started.push(berth);
    return berth;
  };
  /** Command lines of what runs of the etcds of this test, by process id. */
  const etcds = (): [pid: number, args: string][] =>
    execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes('etcd --name=berth') && line.includes(state.path))
      .map((line) => [Number.parseInt(line, 10), line.trim().replace(/^\d+ /, '')]);
  /** Without those who watch over it. */
  const etcdsThemselves = () => etcds().filter(([, args]) => /^\S*etcd /.test(args));

  beforeEach(async () => {
    state = await stateFolder();
    listen = `127.0.0.1:${await freePort()}`;
  });
  afterEach(async () => {
    for (const berth of started.splice(0)) await berth.kill();
    await until('its etcds to end', () => etcds().length === 0, { ms: 30_000, every: 20, explain: etcds });
    await state.remove();
  });

  it('starts an etcd of its own, says where everything is, keeps what was put, and leaves nothing running', async () => {
    const first = up();
    await first.until(() => first.stdout.includes('berth is up'));
    expect(first.stdout)
      .to.include(`http://${listen}`)
      .and.to.include(await first.url());
    expect(first.stdout).to.match(/etcdctl --endpoints=\S+ put \/berth\/v1\/dockerclouds\/my-docker-cloud '\{/);
    const kv = connect(`http://${listen}`);
    await kv.txn({ compare: [], then: [{ put: keys.key('namespaces', 'team-a'), value: '{"spec":{}}' }] });
    await first.until(async () => (await leaders(kv)).size >= 12);
    kv.close();
    expect(await first.stop()).to.equal(0);
    expect(etcds()).to.deep.equal([]);
    expect(first.logged('a defect of berth')).to.deep.equal([]);

    const second = up();
    await second.until(() => second.stdout.includes('berth is up'));
    const again = connect(`http://${listen}`);
    expect((await again.range({ key: keys.key('namespaces', 'team-a') })).count).to.equal(1);
    // No lead of a former life is in the way.
    await second.until(async () => (await leaders(again)).size >= 12);
    again.close();
    expect(await second.stop('SIGINT')).to.equal(0);
  });

  it('serves health, readiness and metrics that promtool accepts; logs only to who has the token', async () => {
    const berth = up();
    await berth.until(async () => (await berth.status('/readyz')) === 200);
    expect(await berth.status('/healthz')).to.equal(200);
    const metrics = await (await fetch(`${await berth.url()}/metrics`)).text();
    for (const name of [
      'leader_election_master_status',
      'informer_store_resource_version',
      'rest_client_requests_total',
    ])
      expect(metrics).to.include(`# TYPE ${name} `);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: metrics,
      encoding: 'utf8',
    });
    expect({ status, says: stdout + stderr }).to.deep.equal({ status: 0, says: '' });

    const tokenFile = join(state.path, 'berth', 'http-token');
    expect((await stat(tokenFile)).mode & 0o777).to.equal(0o600);
    const url = `${await berth.url()}/v1/logs/default/shop/web-0`;
    expect((await fetch(url)).status).to.equal(401);
    const headers = { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` };
    expect((await fetch(url, { headers })).status).to.equal(404);
  });

  it('refuses a data directory that another one uses, and a port that somebody listens on', async () => {
    const first = up();
    await first.until(() => first.stdout.includes('berth is up'));
    const same = up();
    expect(await same.ended()).to.equal(2);
    expect(same.stderr).to.match(
      new RegExp(`another .berth up. uses this data directory; found process ${first.child.pid}`),
    );
    const other = up(['--data-dir', join(state.path, 'other')]);
    expect(await other.ended()).to.equal(2);
    expect(other.stderr).to.include(`etcd cannot listen on ${listen}`).and.to.include('--etcd-listen');
    expect(await first.status('/readyz')).to.equal(200);
  });

  it('refuses an HTTP port that is taken, and takes its etcd down again', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    try {
      const address = squatter.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      const berth = up(['--http', `127.0.0.1:${port}`]);
      expect(await berth.ended()).to.equal(2);
      expect(berth.stderr).to.include(`cannot serve HTTP on 127.0.0.1:${port}`);
      expect(etcds()).to.deep.equal([]);
    } finally {
      squatter.close();
    }
  });

  it('killed, it takes its etcd along; the next one goes on where it was', async () => {
    const first = up();
    await first.until(() => first.stdout.includes('berth is up'));
    await first.kill();
    const second = up();
    await second.until(() => second.stdout.includes('berth is up'));
    expect(etcdsThemselves()).to.have.lengthOf(1);
  });

  it('ends with an error when its etcd does', async () => {
    const berth = up();
    await berth.until(() => berth.stdout.includes('berth is up'));
    for (const [pid] of etcdsThemselves()) process.kill(pid, 'SIGKILL');
    expect(await berth.ended()).to.equal(1);
    expect(berth.stderr).to.match(/error: .*etcd\.log: etcd ended with code 137/);
  });

  it('says which package brings an etcd where there is none', async () => {
    const berth = up([], { PATH: state.path });
    expect(await berth.ended()).to.equal(2);
    expect(berth.stderr).to.include('etcd is not on the PATH').and.to.include('apt-get install etcd-server');
  });

  it('refuses what would open it to others unguarded', async () => {
    const berth = up(['--http', '0.0.0.0:0']);
    expect(await berth.ended()).to.equal(2);
    expect(berth.stderr).to.include('needs a token and TLS');
    const open = up(['--etcd-listen', '0.0.0.0:1']);
    expect(await open.ended()).to.equal(2);
    expect(open.stderr).to.include('neither password nor TLS').and.to.include('--etcd-listen-insecure');
    expect(etcds()).to.deep.equal([]);
  });

  it('refuses an etcd log folder that is no folder', async () => {
    await writeFile(join(state.path, 'file'), '');
    const berth = up(['--data-dir', join(state.path, 'file')]);
    expect(await berth.ended()).to.equal(2);
    expect(berth.stderr).to.include('the data directory cannot be used');
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { type EtcdProcess, startEtcd } from '../../harness/etcd.ts';

const SHOP = '# my shop\nid: shop\nlocation: c\nservices:\n  - { type: "docker:web:1" }\n';

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe('the client’s commands, as processes against a real etcd', function () {
  this.timeout(60_000);
  let etcd: EtcdProcess;
  const running = new Set<ChildProcess>();

  before(async () => {
    etcd = await startEtcd();
  });
  after(async () => {
    for (const child of running) child.kill('SIGKILL');
    await etcd?.close();
  });

  function start(...args: string[]): ChildProcess {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, BERTH_ETCD: etcd.endpoint };
    const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args], { env });
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
  }

  async function berth(args: string[], stdin = ''): Promise<Ended> {
    const child = start(...args);
    child.stdin?.end(stdin);
    const ended: Ended = { code: null, stdout: '', stderr: '' };
    child.stdout?.on('data', (data) => {
      ended.stdout += data;
    });
    child.stderr?.on('data', (data) => {
      ended.stderr += data;
    });
    [ended.code] = await once(child, 'close');
    return ended;
  }

  it('put a record verbatim, show it, and take it back', async () => {
    const applied = await berth(['apply', '-f', '-'], SHOP);
    expect(applied).to.include({ code: 0, stdout: 'application/shop created\n' });
    expect(applied.stderr).to.include('No controllers are running');
    expect(await etcd.ctl('get', '--print-value-only', '/berth/v1/applications/default/shop')).to.equal(`${SHOP}\n`);

    const shown = await berth(['get', 'app/shop', '-o', 'jsonpath={.spec.location}']);
    expect(shown).to.deep.equal({ code: 0, stdout: 'c\n', stderr: '' });

    expect(await berth(['delete', 'app', 'shop'])).to.include({ code: 0, stdout: 'application "shop" deleted\n' });
    expect(await etcd.ctl('get', '--keys-only', '--prefix', '/berth/v1/')).to.equal('');
  });

  it('print the version, asked for either way', async () => {
    const asked = await berth(['--version']);
    expect(asked).to.include({ code: 0, stderr: '' });
    expect(asked.stdout).to.match(/^berth \d+\.\d+\.\d+ \(Node\.js /);
    expect((await berth(['version'])).stdout).to.equal(asked.stdout);
  });

  it('wait by watching', async () => {
    await berth(['apply', '-f', '-'], SHOP);
    const child = start('wait', 'app/shop', '--for=jsonpath={.status.phase}=Running', '--timeout=40s');
    const status = { phase: 'Running', conditions: [], containers: { wanted: 1, assigned: 1, running: 1 } };
    await etcd.ctl('put', '/berth/v1/status/applications/default/shop', JSON.stringify(status));
    const [code] = await once(child, 'close');
    expect(code).to.equal(0);
    await etcd.ctl('del', '--prefix', '/berth/v1/');
  });

  it('end with 1 for what went wrong and 2 for what was not understood, and say so in a line', async () => {
    const [missing, unready, usage, invalid] = await Promise.all([
      berth(['get', 'app', 'nope']),
      berth(['wait', 'app/nope', '--for=condition=Ready', '--timeout=1s']),
      berth(['get', 'app', '-o', 'xml']),
      berth(['apply', '-f', '-'], SHOP.replace('location', 'locaton')),
    ]);
    expect(missing).to.include({ code: 1, stdout: '' });
    expect(missing.stderr).to.match(/^error: applications "nope" not found in namespace "default"/);
    expect(unready.code).to.equal(1);
    expect(usage.code).to.equal(2);
    expect(usage.stderr).to.include('no such output format');
    expect(invalid.code).to.equal(1);
    expect(invalid.stderr).to.match(/^error: stdin:3:1 applications\/default\/shop locaton: /);
  });

  it('say that etcd does not answer', async () => {
    const child = await berth(['get', 'apps', '--etcd', 'http://127.0.0.1:1']);
    expect(child.code).to.equal(1);
    expect(child.stderr).to.match(/^error: etcd .*\nCheck the endpoints/);
  });

  it('end quietly when nobody reads on', async () => {
    await etcd.ctl('put', '/berth/v1/dockerclouds/c', 'spec: { location: hollow }');
    const child = start('get', 'dc', '-w');
    let stderr = '';
    child.stderr?.on('data', (data) => {
      stderr += data;
    });
    const { stdout } = child;
    if (!stdout) throw new Error('no stdout');
    await once(stdout, 'data');
    stdout.destroy();
    await etcd.ctl('put', '/berth/v1/dockerclouds/d', 'spec: { location: hollow }');
    const [code] = await once(child, 'exit');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  });
});

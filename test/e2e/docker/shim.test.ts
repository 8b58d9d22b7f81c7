import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type CreateOptions,
  createDockerEngine,
  type Engine,
  SHIM_RUNTIME,
  shimScript,
} from '../../../lib/docker/index.ts';
import { ensurePauseImage, PAUSE_IMAGE, tarOf } from '../../../lib/docker/pause.ts';
import { messageOf } from '../../../lib/errors/index.ts';
import type { HostNetworkPlan } from '../../../lib/network/index.ts';
import { createLinuxNetwork, namespaceOf } from '../../../lib/network/linux/index.ts';
import { sleep, systemClock } from '../../../lib/platform/index.ts';
import { type FakeHost, fakeHosts } from '../network/hosts.ts';

const IMAGE = 'berth-test/busybox:1';
const fence = { controller: 'container', revision: 1 };
const signal = new AbortController().signal;

/** A host made of namespaces with an engine of its own, to which the shim is registered. */
describe('a container in a namespace that exists before it', function () {
  this.timeout(120_000);
  const directory = mkdtempSync(join(tmpdir(), 'berth-shim-'));
  const socketPath = join(directory, 'docker.sock');
  let world: Awaited<ReturnType<typeof fakeHosts>>;
  let host: FakeHost;
  let daemon: ChildProcess;
  let engine: Engine;

  before(async () => {
    world = await fakeHosts(1);
    host = world.hosts[0]!;
    writeFileSync(join(directory, 'berth-runtime'), shimScript, { mode: 0o755 });
    await startDaemon();
    await engine.importImage!(IMAGE, tarOf('busybox', readFileSync('/usr/bin/busybox')), ['/busybox', 'sh']);
    await ensurePauseImage(engine);
  });
  after(async () => {
    for (const { id } of await engine.list('io.berth.installation')) await engine.remove(id);
    await stopDaemon();
    world.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function startDaemon(): Promise<void> {
    const options = [
      ...[
        '--host',
        `unix://${socketPath}`,
        '--pidfile',
        join(directory, 'pid'),
        '--exec-root',
        join(directory, 'exec'),
      ],
      ...['--data-root', '/var/lib/docker', '--bridge', 'none', '--iptables=false', '--ip-forward=false'],
      ...['--add-runtime', `${SHIM_RUNTIME}=${join(directory, 'berth-runtime')}`],
    ];
    daemon = spawn('nsenter', ['-t', String(host.pid), '-n', '-m', 'dockerd', ...options], { stdio: 'ignore' });
    engine = createDockerEngine({ socketPath }, { clock: systemClock });
    for (let i = 0; ; i++) {
      try {
        await engine.info();
        return;
      } catch (error) {
        if (i > 200) throw error;
        await sleep(systemClock, 100);
      }
    }
  }

  async function stopDaemon(): Promise<void> {
    engine.close();
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    // nsenter has become dockerd: it ends containerd and what runs, in order.
    daemon.kill('SIGTERM');
    await ended;
  }

  const options = (name: string, more: Partial<CreateOptions> = {}): CreateOptions => ({
    name,
    image: IMAGE,
    hostname: name,
    labels: { 'io.berth.installation': 'i' },
    env: {},
    command: ['/busybox', 'sleep', '1000'],
    networkMode: 'host',
    runtime: SHIM_RUNTIME,
    restart: 'unless-stopped',
    stopGrace: 1,
    cpus: 0,
    memory: 0,
    binds: [],
    extraHosts: [{ name: 'redis', address: '10.64.0.9' }],
    dns: [],
    ...more,
  });

  const planOf = (...ids: { id: string; address: string; pid?: number }[]): HostNetworkPlan => ({
    installation: 'aaaaaaaabbbbbbbbcccc',
    attachments: ids.map(({ id, address, pid }) => ({
      uid: id.slice(0, 12),
      namespace: namespaceOf(id),
      interfaces: [{ name: 'eth0', hostInterface: `cali${id.slice(0, 11)}`, address, mac: 'ee:00:00:00:00:01' }],
      ports: [],
      ...(pid === undefined ? {} : { pid }),
    })),
    routes: [],
    ownBlocks: ['10.64.0.0/26'],
    pools: ['10.64.0.0/24'],
    masquerade: ['10.64.0.0/24'],
    policies: [],
  });
  const apply = (plan: HostNetworkPlan) => createLinuxNetwork({ shell: host }).apply(plan, fence, signal);
  const addressIn = async (id: string) => {
    const { stdout } = await engine.exec(id, ['/busybox', 'ip', '-4', 'addr', 'show', 'dev', 'eth0']);
    return /inet ([\d.]+)/.exec(stdout)?.[1];
  };
  const untilRunning = async (id: string) => {
    for (let i = 0; i < 100; i++) {
      const { state, pid } = await engine.inspect(id);
      if (state === 'running') return pid;
      await sleep(systemClock, 100);
    }
    throw new Error('it does not run');
  };

  it('has its interface and address from its first instruction on, and its names', async () => {
    const id = await engine.create(
      options('first', {
        command: [
          '/busybox',
          'sh',
          '-c',
          '/busybox ip -4 addr show dev eth0; /busybox hostname; /busybox cat /etc/hosts',
        ],
        restart: 'no',
      }),
    );
    await apply(planOf({ id, address: '10.64.0.1' }));
    await engine.start(id);
    let output = '';
    for await (const { data } of engine.logs(id, { follow: true, timestamps: false }, signal)) output += data;
    expect(output)
      .contain('inet 10.64.0.1/32')
      .contain('first\n')
      .match(/10\.64\.0\.9\s+redis/);
    await engine.remove(id);
  });

  it('is refused, with the reason, while there is no namespace or only the empty file of one', async () => {
    const id = await engine.create(options('refused'));
    const refusal = () => engine.start(id).then(() => 'started', messageOf);
    expect(await refusal()).contain('does not exist');
    await host.sh(`mkdir -p /run/netns && : >/run/netns/${namespaceOf(id)}`);
    expect(await refusal()).contain('does not exist');
    await apply(planOf({ id, address: '10.64.0.2' }));
    await engine.start(id);
    expect(await addressIn(id)).equal('10.64.0.2');
    await engine.remove(id);
  });

  it('keeps its address when it crashes, and when its engine is started again', async () => {
    const id = await engine.create(options('again'));
    await apply(planOf({ id, address: '10.64.0.3' }));
    await engine.start(id);
    const { pid } = await engine.inspect(id);
    process.kill(pid, 'SIGKILL');
    for (let i = 0; i < 100 && (await engine.inspect(id)).restarts === 0; i++) await sleep(systemClock, 100);
    expect(await untilRunning(id)).not.equal(pid);
    expect(await addressIn(id)).equal('10.64.0.3');
    await stopDaemon();
    await startDaemon();
    await untilRunning(id);
    expect(await addressIn(id)).equal('10.64.0.3');
    await engine.remove(id);
  });

  it('gets by with a pause container where there is no shim', async () => {
    const held = { networkMode: 'none', image: PAUSE_IMAGE, command: ['/pause'] };
    const { runtime: _, ...pause } = options('pause', held);
    const holder = await engine.create(pause);
    await engine.start(holder);
    const { runtime: __, ...joined } = options('held', { networkMode: `container:${holder}` });
    const id = await engine.create(joined);
    await apply(planOf({ id, address: '10.64.0.4', pid: (await engine.inspect(holder)).pid }));
    await engine.start(id);
    expect(await addressIn(id)).equal('10.64.0.4');
    expect((await engine.exec(id, ['/busybox', 'cat', '/etc/hosts'])).stdout).match(/10\.64\.0\.9\s+redis/);

    // The pause container is started again, in a new namespace: the name follows it.
    process.kill((await engine.inspect(holder)).pid, 'SIGKILL');
    for (let i = 0; i < 100 && (await engine.inspect(holder)).restarts === 0; i++) await sleep(systemClock, 100);
    await untilRunning(holder);
    await apply(planOf({ id, address: '10.64.0.4', pid: (await engine.inspect(holder)).pid }));
    await engine.stop(id, 0);
    await engine.start(id);
    expect(await addressIn(id)).equal('10.64.0.4');
    for (const each of [id, holder]) await engine.remove(each);
  });
});

import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { createHostpoolTools, hostpool } from '../../../controllers/hostpool/index.ts';
import { createDockerEngine, type Engine } from '../../../lib/docker/index.ts';
import {
  createByon,
  createHostLinks,
  createLocalhost,
  createSandbox,
  Hollow,
  here,
  missingHere,
} from '../../../lib/machine/index.ts';
import { Registry } from '../../../lib/metrics/index.ts';
import { createLinuxNetwork } from '../../../lib/network/linux/index.ts';
import { type Log, silent, sleep, systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { createManager, type Manager } from '../../../lib/reconcile/index.ts';
import { createSsh, localShell } from '../../../lib/ssh/index.ts';
import { type Cache, createCache, keyspace } from '../../../lib/store/index.ts';
import { createMemoryEtcd } from '../../../lib/store/memory/index.ts';

const say = (fields: object, message: string) => console.error(message, JSON.stringify(fields));
const loud: Log = { debug() {}, info: say, warn: say, error: say, child: () => loud };
const log = process.env.DEBUG ? loud : silent;

const clock = systemClock;
const SOCKET = '/var/run/docker.sock';

/** hostpool on real machines; only the store is in memory. */
describe('hostpool with sandbox machines', function () {
  this.timeout(300_000);
  const etcd = createMemoryEtcd({ clock });
  const keys = keyspace();
  const user = etcd.connect();
  const ssh = createSsh({ clock, log });
  const local: Engine = createDockerEngine({ socketPath: SOCKET }, { clock });
  const localEngine = () => local;
  const shell = localShell({ clock });
  const hollow = new Hollow({ clock, random: systemRandom });
  const links = createHostLinks({
    ssh,
    local: shell,
    engines: {
      tls: (host, port, { ca, certificate, key }) =>
        createDockerEngine({ host, port, ca, cert: certificate, key }, { clock }),
      unix: (socketPath) => createDockerEngine({ socketPath }, { clock }),
    },
    network: (shell) => createLinuxNetwork({ shell }),
    hollow: (host) => hollow.connect(host),
    userKeys: here.userKeys,
  });
  let cache: Cache;
  let manager: Manager;
  let stopCache: () => void;

  before(() => {
    const watch = createCache({ kv: etcd.connect(), keyspace: keys, clock, random: systemRandom, log });
    const sandbox = createSandbox({ clock, engine: localEngine, missingCapabilities: missingHere });
    const byon = createByon({ knownHosts: here.knownHosts, resolve: here.resolve });
    const localhost = createLocalhost({ engine: localEngine, socket: SOCKET, address: here.address });
    manager = createManager({
      definitions: [hostpool],
      cache: watch,
      kvFor: () => etcd.connect(),
      keyspace: keys,
      ...{ clock, random: systemRandom, log },
      tools: {
        hostpool: createHostpoolTools({
          locations: { sandbox, byon, localhost, hollow },
          links,
          // The machines of a test need no secrets kept.
          sealer: { seal: async (text) => text, open: async (text) => text },
        }),
      },
      identity: { replica: 'test', hostname: 'test', pid: process.pid, version: '0' },
      metrics: new Registry(),
    });
    cache = watch;
    stopCache = () => watch.stop();
    watch.start();
    manager.start();
  });

  after(async () => {
    await drop('sandy');
    await until('the cloud to go', () => !cache.get('accepted/dockerclouds', 'sandy'));
    await manager.stop();
    stopCache();
    ssh.close();
    local.close();
  });

  const put = (name: string, spec: object) =>
    user.txn({
      compare: [],
      then: [
        {
          put: keys.key('dockerclouds', name),
          value: JSON.stringify({ apiVersion: 'berth/v1', kind: 'DockerCloud', metadata: { name }, spec }),
        },
      ],
    });
  const drop = (name: string) => user.txn({ compare: [], then: [{ delete: keys.key('dockerclouds', name) }] });
  const hosts = () =>
    cache.list('hosts', 'sandy').map(({ id, value }) => ({ ...value, name: id.slice('sandy/'.length) }));
  const ready = (count: number) => () => hosts().filter(({ schedulable }) => schedulable).length === count;
  const containers = () =>
    execFileSync('docker', ['ps', '-a', '--filter', 'name=berth-machine-sandy-', '--format', '{{.Names}}'])
      .toString()
      .split('\n')
      .filter((name) => name !== '')
      .sort();

  async function until(what: string, condition: () => boolean, ms = 120_000): Promise<void> {
    const deadline = clock.monotonic() + ms;
    while (!condition()) {
      if (clock.monotonic() > deadline)
        throw new Error(
          `waited in vain for ${what}: ${JSON.stringify(hosts().map(({ name, phase, conditions }) => ({ name, phase, conditions })))}`,
        );
      await sleep(clock, 50);
    }
  }

  it('makes a machine a host: engine over mutual TLS, runtime shim, daemon options, capacity', async () => {
    await put('sandy', {
      location: 'sandbox',
      hosts: { min: 1 },
      docker: { daemon: { 'max-concurrent-downloads': 7 } },
    });
    await until('a ready host', ready(1));
    const [host] = hosts();
    expect(host).to.deep.include({ engine: { kind: 'tls', port: 2376 }, shim: true, phase: 'Ready', drain: false });
    expect(host!.ssh?.hostKey).to.match(/SHA256:/);
    expect(host!.capacity.cpus).to.be.greaterThan(0);
    expect(host!.foreignPorts).to.deep.include({ port: 22, protocol: 'tcp' });
    expect(containers()).to.deep.equal([`berth-machine-${host!.name}`]);
    const options = JSON.parse(
      execFileSync('docker', ['exec', `berth-machine-${host!.name}`, 'cat', '/etc/docker/daemon.json']).toString(),
    );
    expect(options).to.include({ 'max-concurrent-downloads': 7, tlsverify: true });
  });

  it('lets nobody into an engine without the cloud’s certificate', async () => {
    const { address } = hosts()[0]!;
    const error = await fetch(`https://${address}:2376/version`).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error);
  });

  it('changes the engine’s options without stopping what runs', async () => {
    const before = hosts()[0]!;
    await put('sandy', {
      location: 'sandbox',
      hosts: { min: 1 },
      docker: { daemon: { 'max-concurrent-downloads': 5 } },
    });
    await until('new options', () => {
      const [host] = hosts();
      return host!.prepared !== before.prepared && host!.schedulable;
    });
    const options = execFileSync('docker', [
      'exec',
      `berth-machine-${before.name}`,
      'cat',
      '/etc/docker/daemon.json',
    ]).toString();
    expect(JSON.parse(options)).to.include({ 'max-concurrent-downloads': 5 });
  });

  it('starts a machine that was stopped, whatever address it comes back with', async () => {
    const { name } = hosts()[0]!;
    execFileSync('docker', ['stop', '-t', '1', `berth-machine-${name}`], { stdio: 'ignore' });
    const running = () =>
      execFileSync('docker', ['inspect', '-f', '{{.State.Running}}', `berth-machine-${name}`])
        .toString()
        .trim() === 'true';
    await until('the machine to run', running);
    await until('its engine to answer', () => {
      const version = execFileSync('sh', ['-c', `docker exec berth-machine-${name} docker version || true`], {
        stdio: 'pipe',
      });
      return version.toString().includes('Server:');
    });
    await until('the host to be back', ready(1));
    expect(hosts().map((host) => host.name)).to.deep.equal([name]);
  });

  it('replaces a machine that was removed', async () => {
    const { name } = hosts()[0]!;
    execFileSync('docker', ['rm', '-f', '-v', `berth-machine-${name}`], { stdio: 'ignore' });
    await until('its record to go', () => !hosts().some((host) => host.name === name));
    await until('another', ready(1));
  });

  it('leaves nothing behind when the cloud is deleted', async () => {
    await drop('sandy');
    await until('the end', () => !cache.get('accepted/dockerclouds', 'sandy'));
    expect(containers()).to.deep.equal([]);
    for (const kind of ['hosts', 'credentials', 'schedulable', 'machineclaims'] as const)
      expect(cache.list(kind), kind).to.have.length(0);
  });
});

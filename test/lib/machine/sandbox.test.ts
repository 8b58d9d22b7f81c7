import { expect } from 'chai';
import { type ContainerSummary, EngineError, missingCapabilities } from '../../../lib/docker/index.ts';
import { createSandbox, type MachineRequest } from '../../../lib/machine/index.ts';
import { machineContainer } from '../../../lib/machine/sandbox/container.ts';
import type { LocationSpec } from '../../../lib/records/index.ts';
import { VirtualClock } from '../../../lib/simulation/index.ts';
import { fingerprint } from '../../../lib/ssh/index.ts';
import { cloudSpec } from '../../harness/records.ts';
import { engineStub } from './engine-stub.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEaLQ3iNuv8qITTcIzvLIpI8nlrx9jvNQQeBhKI9nlRd';
const location: LocationSpec = { driver: 'sandbox', text: 'sandbox' };
const spec = cloudSpec({ location: [location] });
const request: MachineRequest = {
  host: 'c-a',
  cloud: 'c',
  installation: 'ours',
  spec,
  location,
  sshPublicKey: `${KEY} berth c\n`,
};
const signal = new AbortController().signal;

/** An engine that holds containers, as far as the sandbox location asks for it. */
class FakeEngine {
  containers: ContainerSummary[] = [];
  image = true;
  /** Answers of exec before sshd has made its keys. */
  notYet = 0;

  readonly engine = engineStub({
    list: async (label) => this.containers.filter(({ labels }) => label in labels),
    create: async ({ name, image, labels }) => {
      if (!this.image) throw new EngineError(404, 'no such image');
      if (this.containers.some((each) => each.name === name)) throw new EngineError(409, 'the name is taken');
      this.containers.push({ id: `id-${name}`, name, image, labels, state: 'created' });
      return `id-${name}`;
    },
    start: async (id) => {
      this.containers.find((each) => each.id === id)!.state = 'running';
    },
    remove: async (id) => {
      this.containers = this.containers.filter((each) => each.id !== id);
    },
    exec: async () =>
      this.notYet-- > 0
        ? { code: 1, stdout: '172.17.0.3 \n', stderr: 'no key' }
        : { code: 0, stdout: `172.17.0.3 \n${KEY} root@c-a\n`, stderr: '' },
  });
}

describe('the sandbox location', () => {
  let fake: FakeEngine;
  let clock: VirtualClock;
  const sandbox = () => createSandbox({ clock, engine: () => fake.engine, missingCapabilities: async () => [] });
  beforeEach(() => {
    fake = new FakeEngine();
    clock = new VirtualClock();
  });

  it('makes a machine and tells its host keys, read over the engine', async () => {
    const machine = await sandbox().create(request, signal);
    expect(machine).to.deep.include({ host: 'c-a', address: '172.17.0.3', state: 'running', prepared: false });
    expect(machine.ssh).to.deep.equal({ user: 'root', port: 22, hostKeys: [fingerprint(KEY)] });
    expect(fake.containers[0]!.labels).to.deep.equal({ 'io.berth.machine': 'c/c-a', 'io.berth.installation': 'ours' });
  });

  it('answers the machine that is there already, and starts it', async () => {
    await sandbox().create(request, signal);
    fake.containers[0]!.state = 'exited';
    await sandbox().create(request, signal);
    expect(fake.containers).to.have.length(1);
    expect(fake.containers[0]!.state).to.equal('running');
  });

  it('does not make a machine anew that was there and has been removed: its host is gone', async () => {
    const { id } = await sandbox().create(request, signal);
    fake.containers = [];
    const again = await sandbox()
      .create({ ...request, claimed: id }, signal)
      .catch((error: unknown) => error);
    expect(again).to.be.an('error').with.property('message').which.includes('the machine of c-a has been removed');
    expect(fake.containers).to.deep.equal([]);
  });

  it('waits until the machine has made its keys', async () => {
    fake.notYet = 3;
    const created = sandbox().create(request, signal);
    await clock.advance(5000);
    expect((await created).ssh?.hostKeys).to.have.length(1);
  });

  it('gives up on a machine that never makes any', async () => {
    fake.notYet = Number.POSITIVE_INFINITY;
    const created = sandbox()
      .create(request, signal)
      .catch((error: unknown) => error);
    await clock.advance(70_000);
    expect(await created).to.have.property('code', 'BERTH_LOCATION');
  });

  it('says how to get the image where it is missing', async () => {
    fake.image = false;
    const error = await sandbox()
      .create(request, signal)
      .catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'BERTH_LOCATION');
    expect(String(error)).to.contain('make sandbox');
  });

  it('never touches a machine of another installation or cloud', async () => {
    await sandbox().create(request, signal);
    const foreign = { ...request, installation: 'theirs' };
    const error = await sandbox()
      .create(foreign, signal)
      .catch((thrown: unknown) => thrown);
    expect(String(error)).to.contain('not ours');
    expect(await sandbox().list(foreign, signal)).to.deep.equal([]);
    expect(await sandbox().list({ ...request, cloud: 'other' }, signal)).to.deep.equal([]);
    await sandbox().destroy({ host: 'c-a', cloud: 'c', id: 'id-berth-machine-c-a', installation: 'theirs' }, signal);
    expect(fake.containers).to.have.length(1);
  });

  it('lists machines with the mirrors of a registry on the same engine', async () => {
    await sandbox().create(request, signal);
    fake.containers.push({
      id: 'r',
      name: 'berth-registry',
      image: 'r',
      state: 'running',
      labels: { 'io.berth.registry': '' },
      address: '172.17.0.2',
    });
    const [machine] = await sandbox().list(request, signal);
    expect(machine).to.deep.include({ host: 'c-a', state: 'running', registryMirrors: ['http://172.17.0.2:5000'] });
  });

  it('counts a machine that is gone as destroyed', async () => {
    await sandbox().create(request, signal);
    const machine = { host: 'c-a', cloud: 'c', id: '', installation: 'ours' };
    await sandbox().destroy(machine, signal);
    await sandbox().destroy(machine, signal);
    expect(fake.containers).to.deep.equal([]);
  });
});

describe('missingCapabilities', () => {
  for (const [bounding, missing] of [
    ['000001ffffffffff', []],
    ['000001fffeffffff', ['SYS_RESOURCE']],
    ['000001fffeffdfff', ['NET_RAW', 'SYS_RESOURCE']],
  ] as const)
    it(`of ${bounding}: ${missing.join(', ') || 'none'}`, () =>
      expect(missingCapabilities(`Name:\tnode\nCapBnd:\t${bounding}\n`, 40)).to.deep.equal([...missing]));

  it('does not miss what the kernel does not have', () =>
    expect(missingCapabilities('CapBnd:\t0000003fffffffff\n', 37)).to.deep.equal([]));
});

describe('machineContainer', () => {
  it('is privileged where nothing is missing', () =>
    expect(machineContainer(request, []).raw?.hostConfig).to.deep.equal({ Privileged: true }));

  it('gets everything there is where not', () =>
    expect(machineContainer(request, ['SYS_RESOURCE']).raw?.hostConfig).to.deep.include({
      CapAdd: ['ALL'],
      CapDrop: ['SYS_RESOURCE'],
      MaskedPaths: [],
    }));

  it('carries the public key, the limits of its location, and the image asked for', () => {
    const limited = { ...location, cpus: 1.5, memory: 2 ** 30, image: 'mine:1' };
    expect(machineContainer({ ...request, location: limited }, [])).to.deep.include({
      env: { BERTH_SSH_KEY: `${KEY} berth c` },
      cpus: 1.5,
      memory: 2 ** 30,
      image: 'mine:1',
    });
  });
});

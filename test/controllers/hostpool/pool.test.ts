import { expect } from 'chai';
import { machineKey } from '../../../lib/location/index.ts';
import type { Location } from '../../../lib/machine/index.ts';
import type { LocationSpec } from '../../../lib/records/index.ts';
import type { Shell } from '../../../lib/ssh/index.ts';
import { createAuthority, issueClient } from '../../../lib/tls/index.ts';
import { Rig } from './rig.ts';

const observed = { state: 'running', id: 'x', image: 'i', addresses: {}, ports: {}, restarts: 0 };

const size = { cpus: 4, memory: 2 ** 33 };
const paper: LocationSpec = { driver: 'hollow', text: 'hollow', ...size, zones: 1, startMs: 0, failureRate: 0 };

describe('hostpool with a list of machines', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = new Rig();
    // Made beforehand: keys take real time, and the clock is virtual.
    const ca = await createAuthority('berth c', rig.clock.now());
    const client = await issueClient(ca, 'berth', rig.clock.now());
    const secrets = { ca, client, ssh: { privateKey: 'private', publicKey: 'public' } };
    const elsewhere: Location = { list: async () => [], create: () => Promise.reject(), destroy: async () => {} };
    // Machines on paper under the addresses of the list.
    const byon: Location = {
      pool: (location) => (location.driver === 'byon' ? location.machines.map(machineKey) : []),
      list: async () => [],
      create: async (request, signal) => ({
        ...(await rig.hollow.create({ ...request, location: paper }, signal)),
        id: request.claimed ?? '',
      }),
      destroy: (machine) => rig.hollow.destroy(machine),
    };
    rig.start({
      locations: { hollow: rig.hollow, sandbox: elsewhere, byon, localhost: elsewhere },
      newSecrets: async () => secrets,
      links: { link: ({ name }) => ({ ...rig.hollow.connect(name), shell: shellOf(name) }), drop() {} },
    });
  });
  afterEach(() => rig.stop());

  /** Does as it is told and has nothing to say, while the machine answers. */
  const shellOf = (name: string): Shell => ({
    run: async () => {
      if (!rig.hollow.machines.get(name)?.reachable) throw new Error('nobody answers');
      return { code: 0, stdout: '', stderr: '' };
    },
    close() {},
  });

  const put = (addresses: string, min: number, cloud = 'c') =>
    rig.cloud(cloud, { location: `byon:(hosts="${addresses}")`, hosts: { min, max: 3 } });
  const hostOn = (address: string) => rig.hosts('c').find(({ machineId }) => machineId === `${address}:22`);

  it('frees what a lost machine held once its owner takes it off the list, and leaves the others as they are', async () => {
    await put('10.0.0.1,10.0.0.2', 2);
    await rig.ready('c', 2);
    const [lost, other] = [hostOn('10.0.0.1')!.name, hostOn('10.0.0.2')!.name];
    const held = `${lost}/default/shop/web-0`;
    await rig.put('observed', held, { uid: 'u'.repeat(20), ...observed });
    rig.hollow.machines.get(lost)!.reachable = false;
    await rig.clock.until(() => hostOn('10.0.0.1')?.lost === true, 120_000, 'the loss');
    await rig.clock.advance(600_000);
    expect(hostOn('10.0.0.1')).to.include({ lost: true, gone: false });

    await put('10.0.0.2', 1);
    await rig.clock.until(() => hostOn('10.0.0.1')?.gone === true, 30_000, 'the release');
    await rig.delete('observed', held);
    await rig.clock.until(() => hostOn('10.0.0.1') === undefined, 30_000, 'the end of its record');
    await rig.clock.advance(30_000);
    expect(hostOn('10.0.0.2')).to.include({ name: other, schedulable: true, drain: false });
    expect(hostOn('10.0.0.2')?.location).to.equal('byon:(hosts="10.0.0.2")');
    expect(rig.cache.list('machineclaims').map(({ id }) => id)).to.deep.equal(['byon/10.0.0.2:22']);
  });

  it('adopts a machine whose host record somebody deleted: its claim says whose it was', async () => {
    await put('10.0.0.1,10.0.0.2', 2);
    await rig.ready('c', 2);
    const { name } = hostOn('10.0.0.1')!;
    await rig.delete('hosts', `c/${name}`);
    await rig.clock.until(() => hostOn('10.0.0.1')?.schedulable === true, 60_000, 'its return');
    expect(hostOn('10.0.0.1')?.name).to.equal(name);
  });

  it('forgets a claim without a host of a machine that is not on the list', async () => {
    await put('10.0.0.2', 1);
    await rig.ready('c', 1);
    const claim = rig.cache.get('machineclaims', 'byon/10.0.0.2:22')!.value;
    await rig.put('machineclaims', 'byon/10.0.0.9:22', { ...claim, host: 'c-former' });
    await rig.clock.advance(60_000);
    expect(rig.cache.list('machineclaims').map(({ id }) => id)).to.deep.equal(['byon/10.0.0.2:22']);
    expect(rig.hosts('c')).to.have.length(1);
  });

  it('gives a machine that became free to the cloud that waits for one', async () => {
    await put('10.0.0.1', 1);
    await rig.ready('c', 1);
    await put('10.0.0.1', 1, 'd');
    await rig.clock.advance(60_000);
    expect(rig.condition('d', 'MachinesAvailable')).to.equal('False NoMachine');
    await rig.delete('dockerclouds', 'c');
    await rig.ready('d', 1, 60_000);
    expect(rig.condition('d', 'MachinesAvailable')).to.equal('True Available');
  });

  it('gives a machine back with its cloud though its host record was deleted', async () => {
    await put('10.0.0.1', 1);
    await rig.ready('c', 1);
    const { name } = hostOn('10.0.0.1')!;
    await rig.delete('dockerclouds', 'c');
    await rig.delete('hosts', `c/${name}`);
    await rig.clock.until(() => !rig.cache.get('accepted/dockerclouds', 'c'), 120_000, 'the end');
    expect(rig.cache.list('machineclaims')).to.have.length(0);
    expect(rig.hollow.machines.size).to.equal(0);
  });
});

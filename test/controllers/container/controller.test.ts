import { expect } from 'chai';
import { container, containerTools } from '../../../controllers/container/index.ts';
import { Fenced } from '../../../lib/fence/index.ts';
import { Hollow, type HollowMachine } from '../../../lib/machine/hollow/index.ts';
import { BatchFailed, type HostNetwork } from '../../../lib/network/index.ts';
import type { HostRecord, ObservedRecord } from '../../../lib/records/index.ts';
import { cloudSpec, containerRecord } from '../../harness/records.ts';
import { World } from '../../lib/reconcile/support.ts';
import { assignmentOf, endpointOf } from './world.ts';

const LOCATION = {
  driver: 'hollow',
  text: 'hollow',
  cpus: 4,
  memory: 1 << 30,
  zones: 1,
  startMs: 20,
  failureRate: 0,
} as const;

const CLOUD = cloudSpec({
  location: [LOCATION],
  hosts: { min: 1, max: 2 },
  machine: { minCores: 1, minRam: 0, labels: {} },
});

const NETWORK = { cidr: '10.64.0.0/24', gateway: '169.254.1.1', pools: ['default.shop.default'] };

describe('the container controller', () => {
  let world: World;
  let hollow: Hollow;
  let replica: ReturnType<World['replica']>;
  let around: (network: HostNetwork) => HostNetwork;
  /** Hosts that somebody wanted to reach. */
  const asked = new Set<string>();

  const machine = (name = 'h-1'): HollowMachine => hollow.machines.get(name)!;
  const observed = async (id = 'h-1/default/shop/web-0') =>
    (await world.list('observed'))[id] as ObservedRecord | undefined;
  const eventually = async (what: string, condition: () => Promise<boolean> | boolean, ms = 60_000) => {
    const end = world.clock.monotonic() + ms;
    while (!(await condition())) {
      if (world.clock.monotonic() > end)
        throw new Error(`${what} did not come about: ${JSON.stringify(await world.list('observed'))}`);
      await world.clock.advance(100);
    }
  };
  const runs = async (id?: string) => (await observed(id))?.state === 'running';

  const put = (key: string, value: object) => world.put(key, JSON.stringify(value));

  const putRaw = (id: string, value: object) =>
    world.settle(world.kv.txn({ compare: [], then: [{ put: `/calico/${id}`, value: JSON.stringify(value) }] }));
  /** A block of Calico's, with addresses by ordinal on behalf of hosts. */
  const putBlock = (cidr: string, host: string, holders: Record<number, string>) => {
    const attributes = Object.values(holders).map((node) => ({ handle_id: 'h', secondary: { node } }));
    const allocations = new Array<number | null>(64).fill(null);
    for (const [index, ordinal] of Object.keys(holders).entries()) allocations[Number(ordinal)] = index;
    return putRaw(`ipam/v2/assignment/ipv4/block/${cidr.replace('/', '-')}`, {
      ...{ cidr, affinity: `host:${host}`, allocations, unallocated: [], attributes, sequenceNumber: 1 },
      ...{ sequenceNumberForAllocation: {}, deleted: false },
    });
  };

  async function addHost(name: string): Promise<void> {
    const request = {
      host: name,
      cloud: 'cloud',
      installation: 'i',
      location: LOCATION,
      sshPublicKey: '',
      spec: CLOUD,
    };
    const made = await world.settle(hollow.create(request, new AbortController().signal));
    machine(name).images.add('web:1');
    const record: Partial<HostRecord> = {
      ...{ cloud: 'cloud', schedulable: true, drain: false, lost: false, gone: false, agent: false, shim: true },
      ...{ address: made.address, engine: { kind: 'hollow' }, prepared: 'yes' },
    };
    await put(`hosts/cloud/${name}`, record);
  }

  async function assign({
    host = 'h-1',
    name = 'web-0',
    uid = 'u1',
    address = '10.64.0.1',
    image = 'web:1',
  } = {}): Promise<void> {
    await put(`containers/default/shop/${name}`, containerRecord({ image }));
    await put(`assignments/${host}/default/shop/${name}`, assignmentOf(uid));
    await put(`endpoints/${host}/default/shop/${name}`, endpointOf(uid, address));
  }

  function start(name = 'replica-1'): ReturnType<World['replica']> {
    const tools = containerTools({
      linkTo: async (host) => {
        asked.add(host);
        const { engine, network } = hollow.connect(host);
        return { engine, network: around(network) };
      },
    });
    return world.replica([container], { name, tools });
  }

  beforeEach(async () => {
    asked.clear();
    world = new World();
    hollow = new Hollow({ clock: world.clock, random: world.random });
    around = (network) => network;
    await addHost('h-1');
    replica = start();
  });
  afterEach(() => world.settle(replica.stop()));

  it('runs what is assigned, takes it away, and leaves nothing', async () => {
    await assign();
    await eventually('a running container', () => runs());
    expect(await observed()).deep.include({
      uid: 'u1',
      addresses: { 'default.shop.default': '10.64.0.1' },
      ports: { '8080/tcp': 80 },
    });
    expect([...machine().publishedPorts.keys()]).deep.equal(['80/tcp']);
    await world.delete('assignments/h-1/default/shop/web-0');
    await eventually('its end', async () => (await observed()) === undefined);
    expect([...machine().containers, ...machine().namespaces, ...machine().publishedPorts]).deep.equal([]);
  });

  it('gets a single container from nothing to running in one go', async () => {
    await world.clock.advance(5000);
    const began = world.clock.monotonic();
    await assign();
    await world.clock.until(() => [...machine().containers.values()].some(({ state }) => state === 'running'), 500);
    expect(world.clock.monotonic() - began).lessThan(200);
  });

  it('pulls once what is missing, and holds nobody up meanwhile', async () => {
    machine().refusedImages.add('other:1');
    await assign({ image: 'other:1' });
    await assign({ name: 'web-1', uid: 'u2', address: '10.64.0.2' });
    await eventually('the one that can run', () => runs('h-1/default/shop/web-1'));
    await eventually('the reason', async () => (await observed())?.message?.includes('other:1') === true);
    expect((await observed())?.state).equal('creating');
    machine().refusedImages.clear();
    await eventually('the pull', () => runs(), 120_000);
  });

  it('brings containers back after a reboot', async () => {
    await assign();
    await eventually('a running container', () => runs());
    const before = (await observed())?.id;
    machine().reboot();
    await eventually('it runs again', () =>
      [...machine().containers.values()].every(({ state }) => state === 'running'),
    );
    await eventually('it says so', async () => (await runs()) && (await observed())?.id === before);
  });

  it('lets a host that does not answer hold up nobody', async () => {
    await addHost('h-2');
    machine('h-1').reachable = false;
    await assign();
    await assign({ host: 'h-2', name: 'web-1', uid: 'u2', address: '10.64.0.2' });
    await eventually('the other host’s container', () => runs('h-2/default/shop/web-1'), 5000);
    machine('h-1').reachable = true;
    await eventually('the host that answers again', () => runs());
  });

  it('asks nothing of a host before it was prepared', async () => {
    await put('hosts/cloud/h-3', { cloud: 'cloud', engine: { kind: 'tls', port: 2376 }, address: '192.0.2.3' });
    await world.clock.advance(60_000);
    expect([...asked]).to.deep.equal(['h-1']);
  });

  it('routes to a network’s blocks on other hosts, and to single addresses that were borrowed', async () => {
    await addHost('h-2');
    await addHost('h-3');
    await put('networks/default.shop.default', NETWORK);
    await assign();
    await putBlock('10.64.0.64/26', 'h-2', { 0: 'h-2', 5: 'h-3', 6: 'h-1' });
    await putBlock('10.65.0.64/26', 'h-2', { 0: 'h-2' });
    await eventually('routes', () => machine('h-1').routes.length === 2);
    expect(machine('h-1').routes).deep.equal([
      { to: '10.64.0.64/26', via: machine('h-2').address },
      { to: '10.64.0.69/32', via: machine('h-3').address },
    ]);
  });

  it('wakes the hosts of a network when another one joins, at once', async () => {
    await addHost('h-2');
    await put('networks/default.shop.default', NETWORK);
    await putRaw('resources/v3/projectcalico.org/ippools/default.shop.default', { spec: { cidr: '10.64.0.0/24' } });
    await putBlock('10.64.0.0/26', 'h-1', { 1: 'h-1' });
    await assign();
    await eventually('a running container', () => runs());
    await putBlock('10.64.0.64/26', 'h-2', { 0: 'h-2' });
    await putRaw('ipam/v2/host/h-2/ipv4/block/10.64.0.64-26', { state: 'confirmed', deleted: false });
    await eventually('a route', () => machine().routes.length === 1, 5000);
  });

  it('puts right within half a minute what somebody flushed', async () => {
    await assign();
    await eventually('a running container', () => runs());
    machine().loseRules();
    await eventually('the published port', () => machine().publishedPorts.has('80/tcp'), 31_000);
  });

  it('forgets what ran on a host that is gone, and only then', async () => {
    await assign();
    await eventually('a running container', () => runs());
    machine().reachable = false;
    await world.delete('assignments/h-1/default/shop/web-0');
    await world.clock.advance(60_000);
    expect(await observed()).property('state', 'running');
    await put('hosts/cloud/h-1', { cloud: 'cloud', gone: true });
    await eventually('it is forgotten', async () => (await observed()) === undefined);
  });

  it('forgets what ran on a host whose record somebody deleted, minutes later, when its machine is given back', async () => {
    await assign();
    await eventually('a running container', () => runs());
    await put('machineclaims/byon/192.0.2.1:22', { cloud: 'cloud', host: 'h-1', installation: 'i' });
    await world.delete('hosts/cloud/h-1');
    await world.clock.advance(8 * 60_000);
    expect(await observed(), 'its machine is still taken').property('state', 'running');
    await world.delete('machineclaims/byon/192.0.2.1:22');
    await eventually('it is forgotten', async () => (await observed()) === undefined);
  });

  it('forgets nothing of a host whose record comes back, and begins to wait anew when it goes again', async () => {
    await assign();
    await eventually('a running container', () => runs());
    const record = (await world.list('hosts'))['cloud/h-1'] as object;
    for (const _ of [1, 2]) {
      await world.delete('hosts/cloud/h-1');
      await world.clock.advance(4 * 60_000);
      await put('hosts/cloud/h-1', record);
      await world.clock.advance(60_000);
    }
    expect(await observed()).property('state', 'running');
  });

  it('gives nobody the addresses of a container while its network refuses to take them back', async () => {
    await assign();
    await eventually('a running container', () => runs());
    const namespace = [...machine().namespaces.keys()].join();
    let refuses = true;
    around = (network) => ({
      ...network,
      async apply(plan, fence, signal) {
        await network.apply(plan, fence, signal);
        if (refuses) throw new BatchFailed(new Map([[namespace, 'DEL: not yet']]));
      },
    });
    await world.delete('assignments/h-1/default/shop/web-0');
    await world.clock.advance(120_000);
    expect([...machine().containers]).deep.equal([]);
    expect(await observed(), 'the finalizer of its addresses').include({ uid: 'u1' });
    refuses = false;
    await eventually('its end', async () => (await observed()) === undefined);
  });

  describe('when its cloud goes over to another provider', () => {
    let batches: number;
    const cloudOf = (provider: 'linux' | 'calico') =>
      put('accepted/dockerclouds/cloud', {
        ...{ generation: 1, uid: 1 },
        spec: { ...CLOUD, network: { ...CLOUD.network, provider } },
      });
    const hostOf = async (more: Partial<HostRecord>) =>
      put('hosts/cloud/h-1', { ...((await world.list('hosts'))['cloud/h-1'] as object), ...more });
    const more = async () => {
      await world.clock.advance(5000);
      const made = batches;
      batches = 0;
      return made;
    };

    beforeEach(async () => {
      batches = 0;
      around = (network) => ({
        ...network,
        async apply(plan, fence, signal) {
          batches++;
          return network.apply(plan, fence, signal);
        },
      });
      await cloudOf('linux');
      await hostOf({ networkProvider: 'linux' });
      await assign();
      await eventually('a running container', () => runs());
      await more();
    });

    it('another provider makes another batch', async () => {
      await hostOf({ networkProvider: 'calico' });
      await more();
      await cloudOf('calico');
      expect(await more()).equal(1);
      await cloudOf('linux');
      expect(await more(), 'at once, before calico/node leaves').equal(1);
      await hostOf({ networkProvider: 'linux', prepared: 'for linux' });
      expect(await more(), 'what calico/node took along').equal(1);
      await world.clock.advance(60_000);
      expect(await more()).equal(0);
    });

    it('rules stay while the host is not prepared for calico', async () => {
      await cloudOf('calico');
      expect(await more()).equal(0);
      await hostOf({ networkProvider: 'calico', prepared: 'for calico' });
      expect(await more()).equal(1);
    });
  });

  it('leaves alone what is not of this installation', async () => {
    const { engine } = hollow.connect('h-1');
    const foreign = {
      'io.berth.installation': 'other',
      'io.berth.uid': 'u9',
      'io.berth.container': 'default/shop/web-0',
    };
    const id = await world.settle(
      engine.create({
        ...{
          name: 'foreign',
          image: 'web:1',
          hostname: 'foreign',
          labels: foreign,
          env: {},
          networkMode: 'none',
          restart: 'no',
        },
        ...{ stopGrace: 0, cpus: 0, memory: 0, binds: [], extraHosts: [], dns: [] },
      }),
    );
    await assign();
    await eventually('a running container', () => runs());
    await world.delete('assignments/h-1/default/shop/web-0');
    await eventually('its end', async () => (await observed()) === undefined);
    expect([...machine().containers.keys()]).deep.equal([id]);
  });

  it('takes a host over whose fence is of a store that was restored, once it has made sure that it leads', async () => {
    let stored: number | undefined = 1_000_000;
    const proofs: (number | undefined)[] = [];
    around = (network) => ({
      ...network,
      async apply(plan, fence, signal) {
        if (stored !== undefined && fence.restoredFrom !== stored) throw new Fenced(fence, stored);
        if (stored !== undefined) proofs.push(fence.restoredFrom);
        stored = undefined;
        return network.apply(plan, fence, signal);
      },
    });
    await assign();
    await eventually('a running container', () => runs());
    expect(proofs).deep.equal([1_000_000]);
  });

  it('goes on where another replica left off, with the same containers', async () => {
    await assign();
    await eventually('a running container', () => runs());
    const before = (await observed())?.id;
    await world.settle(replica.stop());
    await assign({ name: 'web-1', uid: 'u2', address: '10.64.0.2' });
    replica = start('replica-2');
    await eventually('the new one', () => runs('h-1/default/shop/web-1'));
    expect(machine().containers.has(before!)).equal(true);
    expect(machine().containers.size).equal(2);
  });
});

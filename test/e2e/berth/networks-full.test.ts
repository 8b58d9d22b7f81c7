import { expect } from 'chai';
import { addressAt, formatAddress, parseCidr } from '../../../lib/addresses/index.ts';
import { type Block, CalicoReader, hostOfBlock, paths } from '../../../lib/calico/index.ts';
import { Installation } from '../../harness/berth.ts';
import { State } from '../../harness/state.ts';
import { until } from '../../harness/until.ts';
import { tell } from './networks/tell.ts';

const RANGE = '10.9.0.0/24';
const MORE = '10.9.1.0/24';
const SIZE = 256;

const CLOUD = `
apiVersion: berth/v1
kind: DockerCloud
spec:
  location: { driver: hollow, cpus: 64, memory: 64g, startMs: 10 }
  hosts: { min: 3, max: 3 }
  placement: { strategies: [leastContainers] }
`;
const network = (pools: string[]) => `
apiVersion: berth/v1
kind: VirtualNetwork
spec: { cidr: ${RANGE}, pools: ${JSON.stringify(pools)} }
`;
const crowd = (replicas: number) =>
  `location: c\nservices:\n- { id: one, type: docker:redis:3, replicas: ${replicas}, networks: [full], directPorts: [] }\n`;

/** Machines in memory; etcd and controllers are real. */
describe('a network of 256 addresses over three hosts', function () {
  this.timeout(120_000);
  let berth: Installation;

  before(async () => {
    berth = await Installation.start({ auth: 'roles' });
    await berth.put('dockerclouds/c', CLOUD);
    await berth.put('virtualnetworks/full', network([]));
    await berth.ready('dockerclouds', 'c');
  });

  after(() => berth?.close());

  it('is filled to the last address, hosts lending each other what is in their blocks', async () => {
    const since = performance.now();
    await berth.put('applications/default/crowd', crowd(SIZE));
    await until('all to run', async () => (await running()) === SIZE, { explain: running });
    tell(`${SIZE} containers in a network of ${SIZE} addresses, put`, since);
    const range = parseCidr(RANGE);
    const all = Array.from({ length: SIZE }, (_, i) => formatAddress(addressAt(range, i)));
    expect((await held()).sort()).to.deep.equal(all.sort());
    const hosts = new Set((await berth.list('endpoints')).map(({ id }) => id.split('/')[0]));
    expect(hosts.size).to.equal(3);
    expect((await borrowed()).length).to.be.greaterThan(0);
    await until('it to be counted', async () => (await record())?.used === SIZE);
    expect(await record()).to.deep.include({ capacity: SIZE });
  });

  it('is what the one more waits for, by name', async () => {
    await berth.put('applications/default/crowd', crowd(SIZE + 1));
    const pending = await until('the last one to wait', async () => berth.get('pending', `default/crowd/one-${SIZE}`));
    await until(
      'the network to be why',
      async () => {
        const waiting = (await berth.get('pending', `default/crowd/one-${SIZE}`))?.value;
        return waiting?.rejected.network === 3 && waiting.message.includes('full');
      },
      { explain: () => berth.get('pending', pending.id) },
    );
    expect(await running()).to.equal(SIZE);
  });

  it('has room again as soon as it is given another range', async () => {
    const since = performance.now();
    await berth.put('virtualnetworks/full', network([MORE]));
    await until('the last one to run', async () => (await running()) === SIZE + 1, {
      explain: () => berth.get('pending', `default/crowd/one-${SIZE}`),
    });
    tell('one more range, until who waited runs', since);
    expect(await berth.list('pending')).to.deep.equal([]);
    expect((await held()).filter((address) => address.startsWith('10.9.1.')).length).to.equal(1);
    await until('it to be counted', async () => (await record())?.used === SIZE + 1);
    expect(await record()).to.deep.include({ capacity: 2 * SIZE, ranges: [RANGE, MORE] });
    expect(await berth.witness.sample()).to.deep.equal([]);
    expect(JSON.parse(await berth.cli('network', 'check', '-o', 'json'))).to.deep.include({ findings: [] });
  });

  it('leaves nothing', async () => {
    await berth.delete('applications/default/crowd');
    await berth.delete('virtualnetworks/full');
    await until('the end of it', async () => (await berth.list('networks')).length === 0);
    await berth.delete('dockerclouds/c');
    await until('the records to go', async () => (await berth.leftovers()).length === 0, {
      explain: () => berth.leftovers(),
    });
  });

  const running = async () => (await berth.list('observed')).filter(({ value }) => value.state === 'running').length;
  const held = async () =>
    (await berth.list('endpoints')).flatMap(({ value }) => value.interfaces.map(({ address }) => address));
  const record = async () => (await berth.get('networks', 'full'))?.value;

  /** Addresses that a host has in the block of another. */
  async function borrowed(): Promise<string[]> {
    const state = new State();
    const { kvs } = await berth.kv.range({ key: '/calico/', end: '/calico0' });
    for (const { key, value } of kvs) state.put({ calico: { [key.slice('/calico/'.length)]: value } });
    const reader = new CalicoReader(state);
    const blocks = state.list('calico', paths.blocks(4)).flatMap(({ id }) => reader.block(id).value ?? []);
    return blocks.flatMap((block) => strangersIn(block));
  }
});

function strangersIn(block: Block): string[] {
  const host = hostOfBlock(block);
  return block.allocations.flatMap((index) => {
    const node = index === null ? undefined : block.attributes?.[index]?.secondary?.get('node');
    return node === undefined || node === host ? [] : [`${node} in ${block.cidr}`];
  });
}

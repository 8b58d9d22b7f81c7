import { expect } from 'chai';
import { hostsConcerned } from '../../../controllers/container/neighbourhood.ts';
import { interfaceId } from '../../../controllers/container/policies.ts';
import { surroundingsOf } from '../../../controllers/container/surroundings.ts';
import type { View } from '../../../lib/store/index.ts';
import { World } from '../../lib/reconcile/support.ts';

const profile = (name: string, sources: string[]) => ({
  kind: 'Profile',
  apiVersion: 'projectcalico.org/v3',
  metadata: { name },
  spec: {
    ingress: sources.map((source) => ({ action: 'Allow', source: { selector: `has(${source})` } })),
    egress: [{ action: 'Allow' }],
    labelsToApply: { [name]: '' },
  },
});

const network = (range: string, more: object = {}) => ({
  ...{ cidr: range, ranges: [range], gateway: '169.254.1.1', pools: [], dns: [], blockSize: 26 },
  ...more,
});

const endpoint = (uid: string, ...interfaces: [network: string, address: string, address6?: string][]) => ({
  uid,
  dns: [],
  interfaces: interfaces.map(([name, address, address6], index) => ({
    ...{ network: name, name: `eth${index}`, address, hostInterface: `cali${uid}${index}`, mac: 'ee:00:00:00:00:01' },
    ...(address6 === undefined ? {} : { address6 }),
  })),
});

describe('what surrounds the containers of a host', () => {
  let world: World;
  let replica: ReturnType<World['replica']>;
  let view: View;

  const calico = (id: string, value: object) =>
    world.settle(world.kv.txn({ compare: [], then: [{ put: `/calico/${id}`, value: JSON.stringify(value) }] }));
  const block = (cidr: string, host: string, holders: string[] = [host]) =>
    calico(`ipam/v2/assignment/ipv${cidr.includes(':') ? 6 : 4}/block/${cidr.replace('/', '-')}`, {
      ...{ cidr, affinity: `host:${host}`, allocations: holders.map((_, i) => i), unallocated: [] },
      attributes: holders.map((node) => ({ handle_id: 'h', secondary: { node } })),
      ...{ sequenceNumber: 1, sequenceNumberForAllocation: {}, deleted: false },
    });
  const resource = (plural: string, name: string, value: object) =>
    calico(`resources/v3/projectcalico.org/${plural}/${name}`, value);
  const around = (host = 'h-1') => surroundingsOf(host, view, 'i');

  /** web on h-1, db on h-2, which web may reach; alone on h-3. */
  beforeEach(async () => {
    world = new World();
    for (const [i, name] of ['h-1', 'h-2', 'h-3'].entries()) {
      await world.put(
        `hosts/cloud/${name}`,
        JSON.stringify({ address: `192.0.2.${i + 1}`, address6: `2001:db8::${i + 1}` }),
      );
    }
    const records = {
      web: network('10.64.0.0/24', { ranges: ['10.64.0.0/24', 'fd00:1::/64'], mtu: 1400, gateway: '10.64.0.1' }),
      db: network('10.64.1.0/24', { allowFrom: ['web'], natOutgoing: false }),
      alone: network('10.64.2.0/24'),
    };
    for (const [name, value] of Object.entries(records)) {
      await world.put(`networks/${name}`, JSON.stringify(value));
      await resource('ippools', name, { spec: { cidr: value.cidr } });
      await resource('profiles', name, profile(name, name === 'db' ? ['db', 'web'] : [name]));
    }
    await world.put(
      'endpoints/h-1/default/shop/web-0',
      JSON.stringify(endpoint('u1', ['web', '10.64.0.2', 'fd00:1::2'])),
    );
    await world.put('endpoints/h-2/default/shop/db-0', JSON.stringify(endpoint('u2', ['db', '10.64.1.2'])));
    await world.put('endpoints/h-3/default/shop/alone-0', JSON.stringify(endpoint('u3', ['alone', '10.64.2.2'])));
    await block('10.64.0.0/26', 'h-1');
    await block('fd00:1::/122', 'h-1');
    await block('fd00:1::40/122', 'h-2');
    await block('10.64.1.0/26', 'h-2', ['h-2', 'h-3']);
    await block('10.64.2.0/26', 'h-3');
    replica = world.replica([]);
    view = replica.cache;
    await world.settle(replica.cache.synced());
  });
  afterEach(() => world.settle(replica.stop()));

  it('routes, by either family, to blocks of its networks and of those that it has to do with', () => {
    expect(around().plan.routes).deep.equal([
      { to: '10.64.1.0/26', via: '192.0.2.2' },
      { to: '10.64.1.1/32', via: '192.0.2.3' },
      { to: 'fd00:1::40/122', via: '2001:db8::2' },
    ]);
    expect(around().plan.ownBlocks).deep.equal(['10.64.0.0/26', 'fd00:1::/122']);
    expect(around('h-2').plan.routes).deep.include({ to: '10.64.0.0/26', via: '192.0.2.1' });
    expect(around('h-3').plan.routes).deep.equal([]);
  });

  it('hides what leaves all its networks, where the network says so', () => {
    expect(around().plan).deep.include({
      pools: ['10.64.0.0-10.64.2.255', 'fd00:1::-fd00:1::ffff:ffff:ffff:ffff'],
      masquerade: ['10.64.0.0/24', 'fd00:1::/64'],
    });
    expect(around('h-2').plan.masquerade).deep.equal([]);
  });

  it('follows the networks that come and go, few intervals for many, and the same while only counts change', async () => {
    const pools = () => around('h-3').plan.pools.filter((range) => !range.includes(':'));
    expect(pools()).deep.equal(['10.64.0.0-10.64.2.255']);
    await world.put('networks/apart', JSON.stringify(network('192.168.40.0/26')));
    await world.put('networks/alone', JSON.stringify(network('10.64.2.0/24', { used: 7 })));
    await world.clock.until(() => pools().length === 2, 10_000);
    expect(pools()).deep.equal(['10.64.0.0-10.64.2.255', '192.168.40.0-192.168.40.63']);
    await world.delete('networks/db');
    await world.put('networks/apart', JSON.stringify(network('10.64.3.0/25')));
    await world.clock.until(() => pools().join().includes('10.64.3.127'), 10_000);
    expect(pools()).deep.equal(['10.64.0.0-10.64.0.255', '10.64.2.0-10.64.3.127']);
  });

  it('makes interfaces as their network says', () => {
    expect(around().links.get('web')).deep.equal({
      ...{ own: ['10.64.0.0/24', 'fd00:1::/64'], beyond: ['10.64.1.0/24'], gateways: ['10.64.0.1'], mtu: 1400 },
    });
  });

  it('lets in whom the profiles let in, by the ranges of networks', () => {
    const sources = (host: string, uid: string) => {
      const { plan, policies } = around(host);
      const policy = plan.policies.find(({ name }) => name === policies.get(interfaceId(uid, 'eth0')));
      return policy?.ingress.flatMap(({ rules }) => rules.flatMap(({ source }) => source.ranges)).sort();
    };
    expect(sources('h-2', 'u2')).deep.equal(['10.64.0.0/24', '10.64.1.0/24', 'fd00:1::/64']);
    expect(sources('h-3', 'u3')).deep.equal(['10.64.2.0/24']);
  });

  it('follows a policy of the user’s own', async () => {
    const before = around('h-3').plan;
    await resource('globalnetworkpolicies', 'quiet', {
      ...{ kind: 'GlobalNetworkPolicy', apiVersion: 'projectcalico.org/v3', metadata: { name: 'quiet' } },
      spec: { tier: 'default', order: 1, selector: 'has(alone)', types: ['Ingress'], ingress: [{ action: 'Deny' }] },
    });
    await resource('tiers', 'default', {
      ...{ kind: 'Tier', apiVersion: 'projectcalico.org/v3', metadata: { name: 'default' } },
      spec: { order: 1_000_000, defaultAction: 'Deny' },
    });
    await world.clock.until(() => around('h-3').plan.policies[0]?.name !== before.policies[0]?.name, 10_000);
    expect(around('h-3').plan.policies[0]?.ingress[0]?.rules[0]).include({ action: 'Deny' });
  });

  it('concerns the hosts of a network and of those that it has to do with, and no others', () => {
    const id = 'ipam/v2/host/h-9/ipv4/block/10.64.1.128-26';
    expect(hostsConcerned({ id }, view).sort()).deep.equal(['h-1', 'h-2', 'h-3']);
    expect(hostsConcerned({ id: 'ipam/v2/host/h-9/ipv4/block/10.64.2.128-26' }, view)).deep.equal(['h-3']);
    expect(hostsConcerned({ id: 'ipam/v2/assignment/ipv4/block/10.64.2.0-26' }, view)).deep.equal([]);
    expect(hostsConcerned({ id: 'ipam/v2/handle/web.u1' }, view)).deep.equal([]);
  });
});

import { expect } from 'chai';
import { describe as describeThings } from '../../../cli/client/describe.ts';
import { get } from '../../../cli/client/get.ts';
import { create, frame } from '../../../controllers/ippool/resources.ts';
import { globalNetworkPolicy, keyOf } from '../../../lib/calico/index.ts';
import { BerthError } from '../../../lib/errors/index.ts';
import type { RecordOf } from '../../../lib/store/index.ts';
import { blue, networkWorld, putCalico } from './network-world.ts';
import { Bench, host } from './support.ts';

const scope = { namespace: 'default' };

const policy = (name: string, selector: string) =>
  create(keyOf.globalNetworkPolicy(name), globalNetworkPolicy, {
    ...frame('GlobalNetworkPolicy'),
    metadata: { name },
    spec: { selector, types: ['Ingress'], order: 10 },
  });

describe('berth get networks', () => {
  it('shows how full they are, and more where that is asked for', async () => {
    const bench = await networkWorld(2);
    await bench.clock.advance(60_000);
    await get(bench, ['networks'], scope);
    expect(bench.rows()).to.deep.equal([
      {
        NAME: 'blue',
        CIDR: '10.64.0.0/24',
        USED: '2',
        CAPACITY: '256',
        PROVIDER: 'linux',
        CLOUD: 'c',
        AGE: age(bench),
      },
    ]);
    await get(bench, ['networks'], { ...scope, output: 'wide' });
    expect(bench.rows()[0]).to.include({ RANGES: '10.64.0.0/24', DNS: '10.0.0.53', 'ALLOW-FROM': 'red' });
  });

  it('shows them to who may not read Calico’s records', async () => {
    const bench = await networkWorld(1);
    const { kv } = bench;
    const range = kv.range.bind(kv);
    kv.range = (request, options) =>
      request.key.startsWith('/calico')
        ? Promise.reject(new BerthError('BERTH_STORE_DENIED', 'etcd refuses'))
        : range(request, options);
    await get(bench, ['networks'], scope);
    expect(bench.rows()[0]).to.include({ NAME: 'blue', USED: '2', AGE: '<none>' });
  });

  it('shows those whose pool cannot be read', async () => {
    const bench = await networkWorld(1);
    await putCalico(bench, keyOf.pool('blue'), Buffer.from('{'));
    await get(bench, ['networks'], scope);
    expect(bench.rows()[0]).to.include({ NAME: 'blue', AGE: '<none>' });
  });
});

/** The pool was made at the beginning of time. */
const age = (bench: Bench): string => `${Math.floor(bench.clock.now() / 365.25 / 86_400_000)}y`;

describe('berth get virtualnetworks', () => {
  it('counts the age from when the network was made, also once it is being deleted', async () => {
    const bench = await networkWorld(1);
    await bench.put({ virtualnetworks: { blue: 'spec: { cidr: 10.64.0.0/24 }' } });
    await get(bench, ['vnet'], scope);
    expect(bench.rows()[0]).to.include({ NAME: 'blue', AGE: age(bench) });
  });
});

describe('berth describe network', () => {
  it('tells how full it is, whose its blocks are and who holds which address', async () => {
    const bench = await networkWorld(2);
    await bench.put({ hosts: { 'c/h-2': host('c') } });
    expect(await describeThings(bench, ['network', 'blue'], scope)).to.equal(0);
    for (const line of [
      /^ {2}blue +10\.64\.0\.0\/24 +2 +254 +1$/m,
      /^ {2}10\.64\.0\.0\/26 +h-1 +2 +62 +0$/m,
      /^ {2}10\.64\.0\.0 +default\/shop\/web-0 +h-1$/m,
      /^ {2}10\.64\.0\.1 +default\/shop\/web-1 +h-1$/m,
      /^ {2}blue \(its own members\), red \(there is none\)$/m,
    ])
      expect(bench.printed).to.match(line);
  });

  it('counts an explicit gateway neither as used nor as free, as USED and CAPACITY do', async () => {
    const bench = await networkWorld(2);
    await bench.put({ networks: { blue: { ...blue, gateway: '10.64.0.63', capacity: 255 } } });
    await describeThings(bench, ['network', 'blue'], scope);
    expect(bench.printed)
      .to.match(/^ {2}blue +10\.64\.0\.0\/24 +2 +253 +1$/m)
      .and.match(/^ {2}10\.64\.0\.0\/26 +h-1 +2 +61 +0$/m);
    await describeThings(bench, ['host', 'h-1'], scope);
    expect(bench.printed).to.match(/^ {2}10\.64\.0\.0\/26 +blue +2 +61 +0$/m);
  });

  it('names the policies that select its members, and no others', async () => {
    const bench = await networkWorld(1);
    for (const { id, value } of [policy('theirs', 'has(blue)'), policy('elsewhere', 'has(green)')])
      await putCalico(bench, id, value);
    await describeThings(bench, ['network', 'blue'], scope);
    expect(bench.printed)
      .to.match(/^ {2}theirs +default +10 +Ingress +has\(blue\)$/m)
      .and.not.include('elsewhere');
  });

  it('counts those that do not fit', async () => {
    const bench = await networkWorld(60);
    await describeThings(bench, ['network', 'blue'], scope);
    expect(bench.printed).to.include('… and 10 more: berth get endpoints -A');
  });

  it('tells the same of the VirtualNetwork that declares it', async () => {
    const bench = await networkWorld(1);
    await bench.put({ virtualnetworks: { blue: 'spec: { cidr: 10.64.0.0/24 }' } });
    await describeThings(bench, ['vnet', 'blue'], scope);
    expect(bench.printed).to.match(/^Holders:\n {2}ADDRESS/m);
  });

  it('and of a host its blocks', async () => {
    const bench = await networkWorld(1);
    await describeThings(bench, ['host', 'h-1'], scope);
    expect(bench.printed).to.match(/^Blocks:\n.*\n {2}10\.64\.0\.0\/26 +blue +1 +63 +0$/m);
  });
});

const name = (more: Partial<RecordOf<'names'>>): RecordOf<'names'> => ({
  ...{ owner: 'service/default/shop/web', clouds: ['c'], ttl: 5, addresses: [] },
  ...more,
});

describe('berth get names', () => {
  it('shows each as it is asked for, with its answers', async () => {
    const bench = await new Bench().put({
      names: {
        'berth/web.shop.default': name({ addresses: ['10.64.0.1', '10.64.0.2', '10.64.0.3', 'fd00::1', 'fd00::2'] }),
        'berth/_80._tcp.web.shop.default': name({ srv: [{ target: 'web-0.shop.default.berth', port: 80 }] }),
        '64.10.in-addr.arpa/1.0': name({ ptr: 'web-0.shop.default.berth', owner: 'container/default/shop/web-0' }),
        'berth/web.blog.other': name({ owner: 'service/other/blog/web', addresses: ['10.64.1.1'] }),
      },
    });
    await get(bench, ['names'], scope);
    expect(bench.rows().map(({ NAME, TYPE, ANSWER, OWNER }) => [NAME, TYPE, ANSWER, OWNER])).to.deep.equal([
      ['1.0.64.10.in-addr.arpa', 'PTR', 'web-0.shop.default.berth', 'container/shop/web-0'],
      ['_80._tcp.web.shop.default.berth', 'SRV', 'web-0.shop.default.berth:80', 'service/shop/web'],
      ['web.shop.default.berth', 'A,AAAA', '10.64.0.1,10.64.0.2,10.64.0.3,+2', 'service/shop/web'],
    ]);
    await describeThings(bench, ['name', 'web.shop.default.berth'], scope);
    expect(bench.printed)
      .to.match(/^Zone: +berth$/m)
      .and.include('fd00::2');
  });
});

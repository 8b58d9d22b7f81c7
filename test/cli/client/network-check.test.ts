import { expect } from 'chai';
import { type CheckOptions, check } from '../../../cli/client/networks/check.ts';
import { bytes, poolOf } from '../../../controllers/ippool/resources.ts';
import { workloadEndpointId } from '../../../controllers/ippool/workloads.ts';
import { block, keyOf } from '../../../lib/calico/index.ts';
import { BerthError } from '../../../lib/errors/index.ts';
import type { HostNetworkState } from '../../../lib/network/index.ts';
import { systemRandom } from '../../../lib/platform/index.ts';
import {
  addressOf,
  blockOf,
  blue,
  cidr,
  installation,
  interfaceOf,
  networkOf,
  networkWorld,
  putCalico,
  uidOf,
} from './network-world.ts';
import { type Bench, host } from './support.ts';

const CONTAINERS = 2;
const answering = (state: HostNetworkState): CheckOptions['hosts'] => ({ read: async () => state, required: 'yes' });
const allWell = answering(networkOf(CONTAINERS));
const refusing = (error: BerthError, required: 'yes' | 'no'): CheckOptions['hosts'] => ({
  read: () => Promise.reject(error),
  required,
});

/** Lets the time between the looks pass. */
async function run(bench: Bench, options: CheckOptions): Promise<number> {
  let code: number | undefined;
  const done = check(bench, options).then((found) => {
    code = found;
  });
  done.catch(() => {
    code = -1;
  });
  await bench.clock.until(() => code !== undefined, 10_000);
  await done;
  return code ?? -1;
}

describe('berth network check', () => {
  it('finds nothing where all is well, and says what it looked at', async () => {
    const bench = await networkWorld(CONTAINERS);
    expect([await run(bench, { hosts: allWell }), bench.printed]).to.deep.equal([0, '']);
    expect(bench.noted).to.deep.equal(['No findings in 12 records of Calico, 1 networks, 1 hosts.']);
  });

  it('says which part was not looked at', async () => {
    const bench = await networkWorld(CONTAINERS);
    await bench.put({ hosts: { 'c/h-2': host('c', { phase: 'Preparing' }) } });
    expect(await run(bench, { hosts: { skipped: 'no token' } })).to.equal(0);
    expect(bench.noted.at(-1)).to.equal('Not looked at: 2 hosts: no token');
    await run(bench, { hosts: allWell });
    expect(bench.noted.at(-1)).to.equal('Not looked at: hosts/c/h-2: the host is not Ready but Preparing');
  });

  it('goes on without the HTTP port, unless that was asked for', async () => {
    const bench = await networkWorld(CONTAINERS);
    const gone = new BerthError('BERTH_UNREACHABLE', 'nobody answers');
    expect(await run(bench, { hosts: refusing(gone, 'no') })).to.equal(0);
    expect(bench.noted.at(-1)).to.match(/^Not looked at: hosts\/c\/h-1: nobody answers/);
    const error = await run(bench, { hosts: refusing(gone, 'yes') }).catch((thrown: unknown) => thrown);
    expect(error).to.equal(gone);
  });

  for (const [title, where, of, found, breaks] of [
    [
      'an address that nobody has',
      `calico/${keyOf.block(cidr)}`,
      'berth',
      /nobody|handle/,
      (bench: Bench) => putCalico(bench, keyOf.block(cidr), bytes(block, blockOf(CONTAINERS + 1))),
    ],
    [
      'a workload endpoint that somebody deleted',
      'endpoints/h-1/default/shop/web-0',
      'berth',
      /no workload endpoint for eth0/,
      (bench: Bench) => putCalico(bench, workloadEndpointId('h-1', uidOf(0), 'eth0'), undefined),
    ],
    [
      'a pool that somebody deleted',
      'networks/blue',
      'berth',
      /no pool blue/,
      (bench: Bench) => putCalico(bench, keyOf.pool('blue'), undefined),
    ],
    [
      'a gateway that is given to a container',
      'networks/blue',
      'berth',
      /its gateway 10\.64\.0\.1 is given to blue\./,
      (bench: Bench) => bench.put({ networks: { blue: { ...blue, gateway: addressOf(1) } } }),
    ],
    [
      'networks that overlap',
      'networks/red',
      'berth',
      /overlaps with 10\.64\.0\.0\/24 of blue/,
      (bench: Bench) =>
        bench.put({ networks: { red: { ...blue, cidr: '10.64.0.128/25', ranges: ['10.64.0.128/25'], pools: [] } } }),
    ],
    [
      'an address that two endpoints have',
      'endpoints/h-1/default/shop/web-1',
      'berth',
      /10\.64\.0\.0 is also that of h-1\/default\/shop\/web-0/,
      (bench: Bench) =>
        bench.put({
          endpoints: { 'h-1/default/shop/web-1': { uid: uidOf(1), interfaces: [interfaceOf(0)], dns: [] } },
        }),
    ],
    [
      'a pool of somebody else’s that overlaps',
      'calico/resources/v3/projectcalico.org/ippools/theirs',
      'others',
      /overlaps with blue/,
      (bench: Bench) => {
        const origin = { installation: 'x'.repeat(20), random: systemRandom, now: 0 };
        const { id, value } = poolOf({ name: 'theirs', network: 'n', spec: { cidr: '10.64.0.64/26' } }, origin);
        return putCalico(bench, id, value);
      },
    ],
  ] as const)
    it(`finds ${title}`, async () => {
      const bench = await networkWorld(CONTAINERS);
      await breaks(bench);
      expect(await run(bench, { hosts: allWell, output: 'json' })).to.equal(1);
      const { findings } = JSON.parse(bench.printed);
      const one = findings.find(
        (each: { where: string; found: string }) => each.where === where && found.test(each.found),
      );
      expect(one, bench.printed).to.include({ of });
      expect(one.expected).to.not.equal('');
      expect(one.do).to.not.equal('');
    });

  it('says of a network that has members that its record is missing, not that it belongs to nobody', async () => {
    const bench = await networkWorld(CONTAINERS);
    await bench.delete('networks', 'blue');
    expect(await run(bench, { hosts: allWell, output: 'json' })).to.equal(1);
    const { findings } = JSON.parse(bench.printed);
    expect(findings.map(({ found }: { found: string }) => found)).not.to.include('belongs to nobody');
    const one = findings.filter(({ where }: { where: string }) => where === 'networks/blue');
    expect(one).to.have.length(1);
    expect(one[0]).to.include({ found: 'the record is missing, and the network has 2 members', of: 'berth' });
    expect(one[0].do).to.match(/berth sets it right/);
  });

  it('says that what has no network and no members belongs to nobody', async () => {
    const bench = await networkWorld(0);
    await bench.delete('networks', 'blue');
    await run(bench, { hosts: answering(networkOf(0)), output: 'json' });
    const { findings } = JSON.parse(bench.printed);
    const pool = findings.find(({ where }: { where: string }) => where === `calico/${keyOf.pool('blue')}`);
    expect(pool).to.include({ found: 'belongs to nobody', do: 'berth frees it after ten minutes' });
  });

  const well = networkOf(CONTAINERS);
  const onHosts: readonly [title: string, of: string, found: RegExp, state: HostNetworkState][] = [
    ['a namespace that is gone', 'berth', /no namespace berth-0d/, { ...well, namespaces: well.namespaces.slice(1) }],
    [
      'an address that is gone',
      'berth',
      /has not 10\.64\.0\.0$/,
      { ...well, namespaces: well.namespaces.map((each, i) => (i === 0 ? { ...each, addresses: [] } : each)) },
    ],
    [
      'an address too many',
      'berth',
      /has 10\.9\.9\.9$/,
      { ...well, namespaces: well.namespaces.map((each) => ({ ...each, addresses: [...each.addresses, '10.9.9.9'] })) },
    ],
    ['an interface that is gone', 'berth', /no interface cali/, { ...well, hostInterfaces: [] }],
    ['rules that somebody flushed', 'berth', /routes, rules or links/, { ...well, intact: ['another'] }],
    [
      'what the last batch could not make',
      'berth',
      /could not be made: the host has IPv6 disabled/,
      { ...well, intact: [], missing: [{ installation, what: 'the host has IPv6 disabled' }] },
    ],
    [
      'what belongs to no container',
      'unknown',
      /^interface cali0 belongs to no container$/,
      { ...well, hostInterfaces: [...well.hostInterfaces, 'cali0'] },
    ],
    [
      'a port that another program took',
      'others',
      /listens on 80\/tcp/,
      { ...well, taken: [{ installation, port: 80, protocol: 'tcp' }] },
    ],
  ];
  for (const [title, of, found, state] of onHosts)
    it(`finds on a host ${title}`, async () => {
      const bench = await networkWorld(CONTAINERS);
      expect(await run(bench, { hosts: answering(state) })).to.equal(1);
      const row = bench.rows().find(({ FOUND = '' }) => found.test(FOUND));
      expect(row, bench.noted.join()).to.include({ WHERE: 'hosts/c/h-1', OF: of });
    });

  it('finds a host that does not answer, though it is Ready', async () => {
    const bench = await networkWorld(CONTAINERS);
    const error = new BerthError('BERTH_ENGINE_UNREACHABLE', 'no way there');
    expect(await run(bench, { hosts: refusing(error, 'yes') })).to.equal(1);
    expect(bench.rows()[0]).to.include({ WHERE: 'hosts/c/h-1', FOUND: 'no way there' });
  });

  it('does not find what is over after a moment', async () => {
    const bench = await networkWorld(CONTAINERS);
    let looks = 0;
    const read = async () => (looks++ === 0 ? { ...well, intact: [] } : well);
    expect(await run(bench, { hosts: { read, required: 'yes' } })).to.equal(0);
    expect([looks, bench.printed]).to.deep.equal([2, '']);
  });
});

import { handleOf, hostInterface, macAddress } from '../../../controllers/ippool/names.ts';
import { bytes, foundations, poolOf, profileOf } from '../../../controllers/ippool/resources.ts';
import { profileSpec } from '../../../controllers/ippool/specs.ts';
import { nodeOf, workloadEndpointOf } from '../../../controllers/ippool/workloads.ts';
import { addressAt, formatAddress, formatCidr, parseCidr } from '../../../lib/addresses/index.ts';
import { affinity, attributeOf, type Block, block, handle, keyOf, newBlock } from '../../../lib/calico/index.ts';
import type { HostNetworkState } from '../../../lib/network/index.ts';
import { namespaceOf } from '../../../lib/network/linux/index.ts';
import { systemRandom } from '../../../lib/platform/index.ts';
import type { RecordOf } from '../../../lib/store/index.ts';
import { assignment, Bench, host, observed } from './support.ts';

export const installation = 'i'.repeat(20);
export const cidr = parseCidr('10.64.0.0/26');
/** Of the n-th container. */
export const uidOf = (n: number): string => `${n}`.padStart(20, 'u');
export const addressOf = (n: number): string => formatAddress(addressAt(cidr, n));
const dockerId = (n: number): string => `${n}`.padEnd(64, 'd');
const origin = { installation, random: systemRandom, now: 0 };

export const blue: RecordOf<'networks'> = {
  uid: 1,
  cloud: 'c',
  cidr: '10.64.0.0/24',
  ranges: ['10.64.0.0/24'],
  gateway: '169.254.1.1',
  pools: ['blue'],
  blockSize: 26,
  provider: 'linux',
  used: 2,
  capacity: 256,
  dns: ['10.0.0.53'],
  closed: true,
  allowFrom: ['red'],
};

export const interfaceOf = (n: number): RecordOf<'endpoints'>['interfaces'][number] => ({
  network: 'blue',
  name: 'eth0',
  address: addressOf(n),
  hostInterface: hostInterface(uidOf(n), 'blue'),
  mac: macAddress(uidOf(n), 'blue'),
});

/** A block of h-1 with the first addresses in use, one a container. */
export function blockOf(containers: number): Block {
  const fresh = newBlock(cidr, 'h-1', 0);
  const numbers = Array.from({ length: containers }, (_, n) => n);
  return {
    ...fresh,
    allocations: fresh.allocations.map((_, ordinal) => (ordinal < containers ? ordinal : null)),
    unallocated: fresh.unallocated.slice(containers),
    attributes: numbers.map((n) => attributeOf({ handle: handleOf('blue', uidOf(n)), host: 'h-1', now: 0 })),
  };
}

/** Puts one of Calico's records; deletes it where there is no value. */
export async function putCalico(bench: Bench, id: string, value: Buffer | string | undefined): Promise<void> {
  const key = bench.keys.key('calico', id);
  await bench.kv.txn({ compare: [], then: [value ? { put: key, value } : { delete: key }] });
}

/** Network blue on host h-1, with so many containers `default/shop/web-<n>` in one block; nothing is wrong. */
export async function networkWorld(containers: number): Promise<Bench> {
  const numbers = Array.from({ length: containers }, (_, n) => n);
  const keyed = <T>(of: (n: number) => T): { [id: string]: T } =>
    Object.fromEntries(numbers.map((n) => [`h-1/default/shop/web-${n}`, of(n)]));
  const bench = await new Bench().put({
    hosts: { 'c/h-1': host('c') },
    networks: { blue },
    assignments: keyed((n) => assignment(uidOf(n))),
    endpoints: keyed((n) => ({ uid: uidOf(n), interfaces: [interfaceOf(n)], dns: [] })),
    observed: keyed((n) => observed(uidOf(n), { id: dockerId(n) })),
  });
  await bench.kv.txn({
    compare: [],
    then: [{ put: bench.keys.key('installation', ''), value: JSON.stringify({ id: installation, createdAt: '' }) }],
  });
  const records = [
    ...foundations(origin),
    poolOf({ name: 'blue', network: 'blue', spec: { cidr: blue.cidr, blockSize: 26 } }, origin),
    profileOf('blue', profileSpec('blue', { closed: true, allowFrom: ['red'] }), origin),
    nodeOf('h-1', '10.0.0.1', origin),
    { id: keyOf.block(cidr), value: bytes(block, blockOf(containers)) },
    { id: keyOf.affinity('h-1', cidr), value: bytes(affinity, { state: 'confirmed', deleted: false }) },
    ...numbers.flatMap((n) => [
      {
        id: keyOf.handle(handleOf('blue', uidOf(n))),
        value: bytes(handle, { block: new Map([[formatCidr(cidr), 1]]), deleted: false }),
      },
      workloadEndpointOf({ ...interfaceOf(n), host: 'h-1', uid: uidOf(n) }, origin),
    ]),
  ];
  for (const { id, value } of records) await putCalico(bench, id, value);
  return bench;
}

/** What h-1 says of its network when all is well. */
export const networkOf = (containers: number): HostNetworkState => {
  const numbers = Array.from({ length: containers }, (_, n) => n);
  return {
    namespaces: numbers.map((n) => ({ name: namespaceOf(dockerId(n)), addresses: [addressOf(n)] })),
    hostInterfaces: numbers.map((n) => interfaceOf(n).hostInterface),
    intact: [installation],
    taken: [],
  };
};

import {
  type Address,
  addressAt,
  contains,
  countOfSubnets,
  parseCidr,
  subnetAt,
} from '../../../lib/addresses/index.ts';
import {
  affinity,
  type Block,
  block,
  handle,
  heldBy,
  keyOf,
  newBlock,
  type Pool,
  release,
} from '../../../lib/calico/index.ts';
import { endpointChange, type Tree } from './tree.ts';

interface Request {
  host: string;
  handle: string;
  pool: Pool;
  now: number;
}

/**
 * Another IPAM client, going step by step as Calico's does (calico.md §3): affinity pending, block, affinity
 * confirmed, handle, block, endpoint. Yields between its steps, so that others can come in between; a lost
 * comparison makes it begin again.
 */
export function* assignStepwise(tree: Tree, request: Request): Generator<void, Address | undefined> {
  const { host, handle: id, pool, now } = request;
  for (let attempt = 0; attempt < 20; attempt++) {
    const cidr = ownBlock(tree, host, pool) ?? (yield* claim(tree, host, pool, now)) ?? anyBlock(tree, pool);
    if (!cidr) return undefined;
    yield;
    if (!(yield* count(tree, id, cidr, 1))) continue;
    const at = keyOf.block(parseCidr(cidr));
    const read = tree.block(at);
    const taken = read.value && assignFrom(read.value, { handle: id, host, now });
    yield;
    if (taken) {
      const next = { ...taken.block, sequenceNumber: taken.block.sequenceNumber + 1n };
      if (tree.commit([{ id: at, value: block.write(next), expect: read.revision }])) {
        yield;
        tree.commit([endpointChange(host, id, taken.address)]);
        return taken.address;
      }
    }
    while (!(yield* count(tree, id, cidr, -1)));
  }
  return undefined;
}

export function* releaseStepwise(tree: Tree, host: string, id: string): Generator<void, void> {
  const endpoint = endpointChange(host, id, undefined);
  tree.commit([{ ...endpoint, expect: tree.records.get(endpoint.id)?.revision ?? 0 }]);
  for (const cidr of tree.handle(keyOf.handle(id)).value?.block.keys() ?? []) {
    const at = keyOf.block(parseCidr(cidr));
    for (;;) {
      yield;
      const read = tree.block(at);
      if (!read.value) break;
      const after = release(read.value, heldBy(read.value, id));
      const next = { ...after, sequenceNumber: after.sequenceNumber + 1n };
      yield;
      if (tree.commit([{ id: at, value: block.write(next), expect: read.revision }])) break;
    }
    while (!(yield* count(tree, id, cidr, -1)));
  }
}

const ownBlock = (tree: Tree, host: string, pool: Pool): string | undefined =>
  tree
    .blocks()
    .find((found) => found.affinity === `host:${host}` && found.unallocated.length > 0 && inPool(pool, found.cidr))
    ?.cidr;

const anyBlock = (tree: Tree, pool: Pool): string | undefined =>
  tree.blocks().find((found) => found.unallocated.length > 0 && inPool(pool, found.cidr))?.cidr;

const inPool = (pool: Pool, cidr: string): boolean => contains(pool.cidr, parseCidr(cidr));

function* claim(tree: Tree, host: string, pool: Pool, now: number): Generator<void, string | undefined> {
  for (let i = 0; i < countOfSubnets(pool.cidr, pool.blockSize); i++) {
    const cidr = subnetAt(pool.cidr, pool.blockSize, i);
    const at = keyOf.block(cidr);
    const mine = keyOf.affinity(host, cidr);
    if (tree.block(at).revision !== 0 || tree.affinity(mine).revision !== 0) continue;
    const state = (name: string) => affinity.write({ state: name, deleted: false });
    const pending = tree.commit([{ id: mine, value: state('pending'), expect: 0 }]);
    yield;
    const created = tree.commit([{ id: at, value: block.write(newBlock(cidr, host, now)), expect: 0 }]);
    yield;
    const found = tree.block(at).value;
    if (!created && found?.affinity !== `host:${host}`) {
      if (pending) tree.commit([{ id: mine, expect: tree.affinity(mine).revision }]);
      continue;
    }
    tree.commit([{ id: mine, value: state('confirmed'), expect: tree.affinity(mine).revision }]);
    return found?.cidr;
  }
  return undefined;
}

/** Counts a handle up or down. @returns false when somebody else changed it meanwhile */
function* count(tree: Tree, id: string, cidr: string, by: 1 | -1): Generator<void, boolean> {
  const at = keyOf.handle(id);
  const read = tree.handle(at);
  yield;
  const blocks = new Map(read.value?.block);
  const after = (blocks.get(cidr) ?? 0) + by;
  if (after > 0) blocks.set(cidr, after);
  else blocks.delete(cidr);
  const value = blocks.size === 0 ? {} : { value: handle.write({ block: blocks, deleted: false }) };
  return tree.commit([{ id: at, ...value, expect: read.revision }]) !== undefined;
}

/** Calico's own step inside a block, for one address: the head of the free list, an attribute of its own. */
export function assignFrom(
  read: Block,
  holder: { handle: string; host: string; now: number },
): { block: Block; address: Address } | undefined {
  const [ordinal, ...unallocated] = read.unallocated;
  if (ordinal === undefined) return undefined;
  const secondary = new Map([
    ['node', holder.host],
    ['timestamp', new Date(holder.now).toISOString()],
  ]);
  const attributes = [...(read.attributes ?? []), { handle_id: holder.handle, secondary }];
  const allocations = read.allocations.with(ordinal, attributes.length - 1);
  const sequences = new Map(read.sequenceNumberForAllocation ?? []).set(String(ordinal), read.sequenceNumber);
  return {
    block: { ...read, unallocated, attributes, allocations, sequenceNumberForAllocation: sequences },
    address: addressAt(parseCidr(read.cidr), ordinal),
  };
}

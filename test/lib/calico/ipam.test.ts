import { expect } from 'chai';
import { formatAddress, parseCidr } from '../../../lib/addresses/index.ts';
import { type AssignRequest, IpamPlan, keyOf, type Pool, usedIn } from '../../../lib/calico/index.ts';
import { endpointChange, Tree } from './tree.ts';

const now = Date.UTC(2026, 8, 1, 10, 0, 5, 120);
const pool: Pool = { cidr: parseCidr('10.60.0.0/29'), blockSize: 30 };

/** Assigns in one transaction, with the endpoint. @returns the address, or why there is none */
function assign(tree: Tree, host: string, handle: string, change: Partial<AssignRequest> = {}): string {
  const plan = new IpamPlan(tree);
  const assigned = plan.assign({ host, handle, pools: [pool], now, ...change });
  if ('refused' in assigned) return assigned.refused;
  expect(tree.commit([...plan.changes(), endpointChange(host, handle, assigned.address)])).not.to.equal(undefined);
  return formatAddress(assigned.address);
}

function release(tree: Tree, host: string, handle: string): string[] {
  const plan = new IpamPlan(tree);
  const freed = plan.release(handle);
  const endpoint = endpointChange(host, handle, undefined);
  const expected = tree.records.get(endpoint.id)?.revision ?? 0;
  expect(tree.commit([...plan.changes(), { ...endpoint, expect: expected }])).not.to.equal(undefined);
  return freed.map(formatAddress);
}

const read = (tree: Tree, id: string) => tree.records.get(id)?.value.toString();

describe('an assignment', () => {
  it('writes block, affinity and handle as Calico does', () => {
    const tree = new Tree();
    const address = assign(tree, 'n1', 'blue.4f1c', { pools: [{ cidr: parseCidr('10.60.0.0/30'), blockSize: 30 }] });
    expect(address).to.equal('10.60.0.0');
    expect(read(tree, 'ipam/v2/assignment/ipv4/block/10.60.0.0-30')).to.equal(
      '{"cidr":"10.60.0.0/30","affinity":"host:n1","affinity_claim_time":"2026-09-01T10:00:05Z","allocations":[0,null,null,null],"unallocated":[1,2,3],"attributes":[{"handle_id":"blue.4f1c","secondary":{"node":"n1","timestamp":"2026-09-01 10:00:05.12 +0000 UTC"}}],"sequenceNumber":1788256805120000001,"sequenceNumberForAllocation":{"0":1788256805120000000},"deleted":false}',
    );
    expect(read(tree, 'ipam/v2/host/n1/ipv4/block/10.60.0.0-30')).to.equal('{"state":"confirmed","deleted":false}');
    expect(read(tree, 'ipam/v2/handle/blue.4f1c')).to.equal('{"block":{"10.60.0.0/30":1},"deleted":false}');
    expect(tree.audit.findings()).to.deep.equal([]);
  });

  it('goes first to the host’s own blocks, then to a block of its own, then to another host’s', () => {
    const tree = new Tree();
    for (const handle of ['a', 'b', 'c', 'd']) assign(tree, 'n1', handle);
    expect(tree.blocks().map((block) => [block.affinity, usedIn(block)])).to.deep.equal([['host:n1', 4]]);
    assign(tree, 'n1', 'e');
    expect(tree.blocks()).to.have.length(2);
    assign(tree, 'n2', 'f');
    const borrowed = tree.blocks().find((block) => usedIn(block) === 2)!;
    expect(borrowed.affinity).to.equal('host:n1');
    expect(borrowed.attributes![1]!.secondary!.get('node')).to.equal('n2');
    expect(tree.affinities('n2')).to.deep.equal([]);
    expect(tree.audit.findings()).to.deep.equal([]);
  });

  it('says which pool is full', () => {
    const tree = new Tree();
    for (let i = 0; i < 8; i++) assign(tree, 'n1', `h${i}`);
    expect(assign(tree, 'n2', 'late')).to.equal('no address is free in 10.60.0.0/29');
    const second = { cidr: parseCidr('10.61.0.0/30'), blockSize: 30 };
    expect(assign(tree, 'n2', 'late', { pools: [pool, second] })).to.equal('10.61.0.0');
  });

  it('borrows nothing where affinity is strict', () => {
    const tree = new Tree();
    tree.put(keyOf.ipamConfig(), '{"strict_affinity":true,"auto_allocate_blocks":true}');
    for (let i = 0; i < 5; i++) assign(tree, 'n1', `h${i}`);
    expect(assign(tree, 'n2', 'x')).to.equal('no address of host n2’s own blocks is free in 10.60.0.0/29');
  });

  it('claims no block where the configuration does not say so', () => {
    const tree = new Tree();
    tree.put(keyOf.ipamConfig(), '{}');
    expect(assign(tree, 'n1', 'a')).to.equal('no address is free in 10.60.0.0/29');
  });

  it('claims no more blocks than a host may have', () => {
    const tree = new Tree();
    tree.put(keyOf.ipamConfig(), '{"strict_affinity":true,"auto_allocate_blocks":true,"maxBlocksPerHost":1}');
    for (let i = 0; i < 4; i++) assign(tree, 'n1', `h${i}`);
    expect(assign(tree, 'n1', 'x')).to.match(/own blocks is free/);
  });

  it('finishes what another client began: a pending affinity, with and without its block', () => {
    for (const withBlock of [false, true]) {
      const tree = new Tree();
      if (withBlock) {
        assign(tree, 'n1', 'first');
      }
      const cidr = withBlock ? tree.blocks()[0]!.cidr : '10.60.0.4/30';
      const id = keyOf.affinity('n1', parseCidr(cidr));
      tree.put(id, '{"state":"pending","deleted":false}');
      expect(assign(tree, 'n1', 'a').startsWith('10.60.0.')).to.equal(true);
      expect(read(tree, id)).to.equal('{"state":"confirmed","deleted":false}');
      expect(tree.blocks()).to.have.length(1);
      expect(tree.audit.findings()).to.deep.equal([]);
    }
  });

  it('drops a stale affinity to a block of another host', () => {
    const tree = new Tree();
    assign(tree, 'n2', 'theirs');
    const id = keyOf.affinity('n1', parseCidr(tree.blocks()[0]!.cidr));
    tree.put(id, '{"state":"confirmed","deleted":false}');
    assign(tree, 'n1', 'ours');
    expect(read(tree, id)).to.equal(undefined);
    expect(tree.audit.findings()).to.deep.equal([]);
  });

  it('leaves a block alone that it cannot read', () => {
    const tree = new Tree();
    for (const cidr of ['10.60.0.0-30', '10.60.0.4-30']) tree.put(`ipam/v2/assignment/ipv4/block/${cidr}`, 'garbage');
    expect(assign(tree, 'n1', 'a')).to.equal('no address is free in 10.60.0.0/29');
  });

  it('is refused by the store when somebody was faster', () => {
    const tree = new Tree();
    const plan = new IpamPlan(tree);
    plan.assign({ host: 'n1', handle: 'slow', pools: [pool], now });
    assign(tree, 'n1', 'fast');
    expect(tree.commit(plan.changes())).to.equal(undefined);
  });
});

describe('many assignments in one plan', () => {
  it('are one write of the block, and a plan goes on after it has landed', () => {
    const tree = new Tree();
    const plan = new IpamPlan(tree);
    const take = (handles: string[]) => {
      const endpoints = handles.map((handle) => {
        const assigned = plan.assign({ host: 'n1', handle, pools: [pool], now });
        return endpointChange('n1', handle, 'address' in assigned ? assigned.address : undefined);
      });
      const changes = plan.changes();
      plan.landed(tree.commit([...changes, ...endpoints])!);
      return changes.map(({ id }) => id.replace(/.*\/(handle|block)\//, ''));
    };
    expect(take(['a', 'b'])).to.have.length(4);
    expect(take(['c', 'd'])).to.have.members([tree.blocks()[0]!.cidr.replace('/', '-'), 'c', 'd']);
    expect(tree.blocks()[0]!.sequenceNumber).to.equal(BigInt(now) * 1_000_000n + 2n);
    expect(plan.changes()).to.deep.equal([]);
    expect(tree.audit.findings()).to.deep.equal([]);
  });

  it('are taken back to a mark', () => {
    const tree = new Tree();
    const plan = new IpamPlan(tree);
    plan.assign({ host: 'n1', handle: 'kept', pools: [pool], now });
    const before = plan.changes();
    const undo = plan.mark();
    for (let i = 0; i < 8; i++) plan.assign({ host: 'n1', handle: `h${i}`, pools: [pool], now });
    undo();
    expect(plan.changes()).to.deep.equal(before);
    expect(plan.assign({ host: 'n2', handle: 'x', pools: [pool], now })).to.have.property('address');
  });
});

describe('a release', () => {
  it('puts the address to the end of the queue and renumbers what is left', () => {
    const tree = new Tree();
    for (const handle of ['a', 'b', 'c']) assign(tree, 'n1', handle);
    expect(release(tree, 'n1', 'a')).to.have.length(1);
    const [block] = tree.blocks();
    expect(block!.allocations).to.deep.equal([null, 0, 1, null]);
    expect(block!.unallocated).to.deep.equal([3, 0]);
    expect(block!.attributes!.map((attribute) => attribute.handle_id)).to.deep.equal(['b', 'c']);
    expect([...block!.sequenceNumberForAllocation!.keys()]).to.deep.equal(['1', '2']);
    expect(tree.records.has(keyOf.handle('a'))).to.equal(false);
    expect(tree.audit.findings()).to.deep.equal([]);
  });

  it('leaves an empty block to its host, and drops one that has none', () => {
    const tree = new Tree();
    assign(tree, 'n1', 'a');
    release(tree, 'n1', 'a');
    expect(tree.blocks()).to.have.length(1);
    assign(tree, 'n1', 'b');
    const plan = new IpamPlan(tree);
    plan.releaseAffinity('n1', parseCidr(tree.blocks()[0]!.cidr));
    tree.commit(plan.changes());
    expect(tree.blocks()[0]!.affinity).to.equal(null);
    expect(tree.affinities('n1')).to.deep.equal([]);
    release(tree, 'n1', 'b');
    expect(tree.blocks()).to.deep.equal([]);
    expect(tree.audit.findings()).to.deep.equal([]);
  });

  it('finds the address where the handle was lost', () => {
    const tree = new Tree();
    assign(tree, 'n1', 'a');
    tree.put(keyOf.handle('a'), undefined);
    const plan = new IpamPlan(tree);
    const block = parseCidr(tree.blocks()[0]!.cidr);
    const address = { family: block.family, value: block.base };
    expect(plan.release('a', [{ address, block: () => block }])).to.have.length(1);
  });

  it('of nothing changes nothing', () => {
    const plan = new IpamPlan(new Tree());
    expect(plan.release('nobody')).to.deep.equal([]);
    expect(plan.changes()).to.deep.equal([]);
  });
});

describe('an address that is taken over', () => {
  const BLOCK = 'ipam/v2/assignment/ipv4/block/10.60.0.0-30';
  const HANDLE = 'ipam/v2/handle/blue.4f1c';

  it('is what the handle holds, and nothing changes', () => {
    const tree = new Tree();
    const address = assign(tree, 'n1', 'blue.4f1c');
    assign(tree, 'n1', 'blue.other');
    const plan = new IpamPlan(tree);
    expect(plan.adopt('blue.4f1c').map(formatAddress)).to.deep.equal([address]);
    expect(plan.adopt('blue.nobody')).to.deep.equal([]);
    expect(plan.size).to.equal(0);
  });

  it('is none where the blocks know nothing of the handle, which is set right', () => {
    const tree = new Tree();
    assign(tree, 'n1', 'blue.other');
    tree.put(HANDLE, '{"block":{"10.60.0.0/30":1},"deleted":false}');
    const plan = new IpamPlan(tree);
    expect(plan.adopt('blue.4f1c')).to.deep.equal([]);
    expect([...plan.changes()].map(({ id, value }) => [id, value])).to.deep.equal([[HANDLE, undefined]]);
    const assigned = plan.assign({ host: 'n1', handle: 'blue.4f1c', pools: [pool], now });
    expect(assigned).to.have.property('address');
    expect(read(tree, BLOCK)).not.to.equal(undefined);
    const handle = [...plan.changes()].find(({ id }) => id === HANDLE);
    expect(handle?.value).to.equal('{"block":{"10.60.0.0/30":1},"deleted":false}');
  });
});

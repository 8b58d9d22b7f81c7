import { expect } from 'chai';
import { formatAddress, parseCidr } from '../../../lib/addresses/index.ts';
import { type AssignRequest, type Block, IpamPlan, keyOf, type Pool } from '../../../lib/calico/index.ts';
import { endpointChange, Tree } from './tree.ts';

const now = Date.UTC(2026, 8, 1, 10, 0, 5, 120);
const pool: Pool = { cidr: parseCidr('10.60.0.0/29'), blockSize: 30 };

function assign(tree: Tree, host: string, handle: string, change: Partial<AssignRequest> = {}): string {
  const plan = new IpamPlan(tree);
  const assigned = plan.assign({ host, handle, pools: [pool], now, ...change });
  if ('refused' in assigned) return assigned.refused;
  expect(tree.commit([...plan.changes(), endpointChange(host, handle, assigned.address)])).not.to.equal(undefined);
  return formatAddress(assigned.address);
}

const reserve = (tree: Tree, ...reservedCIDRs: string[]) =>
  tree.put(
    keyOf.ipReservation('r'),
    JSON.stringify({ kind: 'IPReservation', apiVersion: '', metadata: { name: 'r' }, spec: { reservedCIDRs } }),
  );

const blockOf = (tree: Tree, cidr: string): Block => tree.blocks().find((block) => block.cidr === cidr)!;
const strict = '{"strict_affinity":true,"auto_allocate_blocks":true}';

describe('reserved addresses', () => {
  it('are never handed out, and keep their place in the queue', () => {
    const tree = new Tree();
    reserve(tree, '10.60.0.0/31', '10.60.0.5/32');
    const given = Array.from({ length: 6 }, (_, i) => assign(tree, 'n1', `h${i}`));
    expect(given.slice(0, 5).sort()).to.deep.equal(['10.60.0.2', '10.60.0.3', '10.60.0.4', '10.60.0.6', '10.60.0.7']);
    expect(given[5]).to.equal('no address is free in 10.60.0.0/29');
    expect(blockOf(tree, '10.60.0.0/30').unallocated).to.deep.equal([0, 1]);
    expect(tree.audit.findings()).to.deep.equal([]);
  });

  it('make no block that would have nothing to give', () => {
    const tree = new Tree();
    reserve(tree, '10.60.0.0/30');
    for (const handle of ['a', 'b', 'c', 'd']) expect(assign(tree, 'n1', handle)).to.match(/^10\.60\.0\.[4-7]$/);
    expect(assign(tree, 'n1', 'e')).to.equal('no address is free in 10.60.0.0/29');
    expect(tree.blocks()).to.have.length(1);
  });

  it('are free again when the reservation goes', () => {
    const tree = new Tree();
    reserve(tree, '10.60.0.0/29');
    expect(assign(tree, 'n1', 'a')).to.match(/^no address/);
    tree.put(keyOf.ipReservation('r'), undefined);
    expect(assign(tree, 'n1', 'a')).to.match(/^10\.60/);
  });
});

describe('what other clients left half done', () => {
  for (const state of ['pending', 'pendingDeletion', 'confirmed', '']) {
    it(`an affinity that is ${state || 'empty'} without a block: the block is made`, () => {
      const tree = new Tree();
      const id = keyOf.affinity('n1', parseCidr('10.60.0.4/30'));
      tree.put(id, `{"state":"${state}","deleted":false}`);
      expect(assign(tree, 'n1', 'a')).to.equal('10.60.0.4');
      expect(tree.affinity(id).value?.state || 'confirmed').to.equal('confirmed');
      expect(tree.audit.findings()).to.deep.equal([]);
    });

    it(`an affinity that is ${state || 'empty'} to a block of nobody: it goes`, () => {
      const tree = new Tree();
      assign(tree, 'n2', 'theirs');
      const [{ cidr }] = tree.blocks() as [Block];
      const plan = new IpamPlan(tree);
      plan.releaseAffinity('n2', parseCidr(cidr));
      tree.commit(plan.changes());
      tree.put(keyOf.affinity('n1', parseCidr(cidr)), `{"state":"${state}","deleted":false}`);
      assign(tree, 'n1', 'ours');
      expect(tree.affinities('n1').map((id) => id.includes(cidr.replace('/', '-')))).to.deep.equal([false]);
      expect(tree.audit.findings()).to.deep.equal([]);
    });
  }

  it('a block that is the host’s, without an affinity: found by whoever looks for room, never taken for another host', () => {
    const tree = new Tree();
    assign(tree, 'n1', 'a');
    const [{ cidr }] = tree.blocks() as [Block];
    tree.put(keyOf.affinity('n1', parseCidr(cidr)), undefined);
    for (let i = 0; i < 7; i++) assign(tree, 'n1', `b${i}`);
    expect(blockOf(tree, cidr).affinity).to.equal('host:n1');
    expect(tree.audit.findings()).to.deep.equal([]);
  });

  it('an affinity to a block that cannot be read: both are left alone', () => {
    const tree = new Tree();
    const cidr = parseCidr('10.60.0.0/30');
    tree.put(keyOf.block(cidr), 'garbage');
    tree.put(keyOf.affinity('n1', cidr), '{"state":"confirmed","deleted":false}');
    expect(assign(tree, 'n1', 'a')).to.equal('10.60.0.4');
    const plan = new IpamPlan(tree);
    plan.releaseAffinity('n1', cidr);
    expect(plan.changes()).to.deep.equal([]);
  });
});

describe('a handle', () => {
  const first = parseCidr('10.60.0.0/30');
  const held = [{ address: { family: 4 as const, value: first.base }, block: () => first }];
  const single: Partial<AssignRequest> = { pools: [{ cidr: first, blockSize: 30 }] };
  const releasing = (tree: Tree): string[] => {
    const plan = new IpamPlan(tree);
    const freed = plan.release('a', held).map(formatAddress);
    const { id } = endpointChange('n1', 'a', undefined);
    expect(tree.commit([...plan.changes(), { id, expect: tree.records.get(id)!.revision }])).not.to.equal(undefined);
    return freed;
  };

  it('that cannot be read is given nothing, and goes when it is released', () => {
    const tree = new Tree();
    assign(tree, 'n1', 'a', single);
    tree.put(keyOf.handle('a'), '{"block":[]}');
    expect(assign(tree, 'n1', 'a', single)).to.equal('the record of handle a cannot be read');
    expect(assign(tree, 'n1', 'b', single)).to.equal('10.60.0.1');
    expect(releasing(tree)).to.deep.equal(['10.60.0.0']);
    expect(tree.records.has(keyOf.handle('a'))).to.equal(false);
    expect(tree.audit.findings()).to.deep.equal([]);
  });

  it('that names what is no block frees the rest, and goes', () => {
    const tree = new Tree();
    assign(tree, 'n1', 'a', single);
    tree.put(keyOf.handle('a'), '{"block":{"10.60.0.1/30":1,"10.60.0.0/30":1,"x":2},"deleted":false}');
    expect(releasing(tree)).to.deep.equal(['10.60.0.0']);
    expect(tree.records.has(keyOf.handle('a'))).to.equal(false);
    expect(tree.audit.findings()).to.deep.equal([]);
  });
});

describe('an affinity that cannot be read', () => {
  const cidr = parseCidr('10.60.0.0/30');
  const id = keyOf.affinity('n1', cidr);
  const garbage = '{"state":0}';
  const text = (tree: Tree) => tree.records.get(id)?.value.toString();

  it('is left alone, and no block is claimed there', () => {
    const tree = new Tree();
    tree.put(id, garbage);
    expect(assign(tree, 'n1', 'a')).to.equal('10.60.0.4');
    expect(text(tree)).to.equal(garbage);
    expect(tree.blocks().map((block) => block.cidr)).to.deep.equal(['10.60.0.4/30']);
  });

  it('is left alone where its block is borrowed from', () => {
    const tree = new Tree();
    const single: Partial<AssignRequest> = { pools: [{ cidr, blockSize: 30 }] };
    assign(tree, 'n1', 'a', single);
    tree.put(id, garbage);
    expect(assign(tree, 'n1', 'b', single)).to.equal('10.60.0.1');
    expect(text(tree)).to.equal(garbage);
  });

  it('keeps its idle block from others, and goes when its host does', () => {
    const tree = new Tree();
    tree.put(keyOf.ipamConfig(), strict);
    const single: Partial<AssignRequest> = { pools: [{ cidr, blockSize: 30 }] };
    assign(tree, 'n1', 'a', single);
    const plan = new IpamPlan(tree);
    plan.release('a');
    tree.commit(plan.changes());
    tree.put(id, garbage);
    expect(assign(tree, 'n2', 'b', { ...single, now: now + 60_000 })).to.match(/own blocks is free/);
    const leaving = new IpamPlan(tree);
    leaving.releaseAffinity('n1', cidr);
    tree.commit(leaving.changes());
    expect(tree.affinities('n1')).to.deep.equal([]);
    expect(tree.blocks()).to.deep.equal([]);
  });
});

describe('a block whose lists contradict each other', () => {
  const id = keyOf.block(parseCidr('10.60.0.0/30'));
  for (const [what, from, to, ...given] of [
    ['names one twice as free', '[1,2,3]', '[1,2,3,3]', '10.60.0.1', '10.60.0.2', '10.60.0.3'],
    ['calls one free that is in use', '[1,2,3]', '[0,1,2,3]', '10.60.0.1', '10.60.0.2', '10.60.0.3'],
    ['has one nowhere', '[1,2,3]', '[1,2]', '10.60.0.1', '10.60.0.2'],
    ['calls one free that lies beyond it', '[1,2,3]', '[4,-1,7,2,3]', '10.60.0.2', '10.60.0.3'],
    ['has fewer places than addresses', 'null,null]', 'null]', '10.60.0.1', '10.60.0.2'],
    [
      ...['has more places than addresses', 'null],"unallocated":[', 'null,null],"unallocated":[4,'],
      ...['10.60.0.1', '10.60.0.2', '10.60.0.3'],
    ],
  ] as [string, string, string, ...string[]][]) {
    it(`and ${what} hands out what is free by both`, () => {
      const tree = new Tree();
      const single: Pool = { cidr: parseCidr('10.60.0.0/30'), blockSize: 30 };
      expect(assign(tree, 'n1', 'a', { pools: [single] })).to.equal('10.60.0.0');
      const text = tree.records.get(id)!.value.toString();
      expect(text).to.include(from);
      tree.put(id, text.replace(from, to));
      const got = Array.from({ length: 5 }, (_, i) => assign(tree, 'n1', `b${i}`, { pools: [single] }));
      expect(got.filter((address) => !address.startsWith('no address'))).to.deep.equal(given);
    });
  }
});

describe('a host that finds all blocks claimed', () => {
  const claimed = () => {
    const tree = new Tree();
    tree.put(keyOf.ipamConfig(), strict);
    for (const [host, handle] of [
      ['n1', 'a'],
      ['n2', 'b'],
    ] as const)
      assign(tree, host, handle);
    const plan = new IpamPlan(tree);
    plan.release('a');
    const { id } = endpointChange('n1', 'a', undefined);
    tree.commit([...plan.changes(), { id, expect: tree.records.get(id)!.revision }]);
    return tree;
  };

  it('takes over one that is empty, where affinity is strict', () => {
    const tree = claimed();
    expect(assign(tree, 'n3', 'c', { now: now + 60_000 })).to.match(/^10\.60/);
    expect(tree.affinities('n1')).to.deep.equal([]);
    expect(
      tree
        .blocks()
        .map(({ affinity }) => affinity)
        .sort(),
    ).to.deep.equal(['host:n2', 'host:n3']);
    expect(tree.audit.findings()).to.deep.equal([]);
  });

  it('leaves it to its host for a minute', () =>
    expect(assign(claimed(), 'n3', 'c', { now: now + 59_000 })).to.match(/own blocks is free/));
});

describe('an IPv6 pool', () => {
  it('has blocks of 64 addresses, keyed as Calico has them', () => {
    const tree = new Tree();
    const six: Pool = { cidr: parseCidr('fd00:60::/64'), blockSize: 122 };
    const address = assign(tree, 'n1', 'a', { pools: [six] });
    const [id] = tree.affinities('n1');
    expect(id).to.match(/^ipam\/v2\/host\/n1\/ipv6\/block\/fd00:60::[0-9a-f:]*-122$/);
    const block = tree.block(id!.replace('host/n1/ipv6', 'assignment/ipv6')).value!;
    expect(block.allocations).to.have.length(64);
    expect(block.cidr).to.equal(`${address}/122`);
    expect(tree.audit.findings()).to.deep.equal([]);
  });
});

describe('what others noted in a block', () => {
  it('stays, whatever we assign and release', () => {
    const tree = new Tree();
    assign(tree, 'n1', 'a');
    const [{ cidr }] = tree.blocks() as [Block];
    const id = keyOf.block(parseCidr(cidr));
    const foreign = '{"handle_id":"k8s.x","secondary":{"namespace":"web","node":"n1","pod":"x"},"later":[1]}';
    const bare = '{"releasedAt":"2026-09-01T10:00:05Z"}';
    tree.put(
      id,
      tree.records
        .get(id)!
        .value.toString()
        .replace('[0,null,null,null],"unallocated":[1,2,3]', '[0,1,2,null],"unallocated":[3]')
        .replace('}}],"seq', `}},${foreign},${bare}],"hostAffinity":"n1","seq`),
    );
    assign(tree, 'n1', 'b');
    const plan = new IpamPlan(tree);
    plan.release('a');
    tree.commit(plan.changes());
    const text = tree.records.get(id)!.value.toString();
    expect(text).to.include(`"attributes":[${foreign},${bare},{"handle_id":"b",`);
    expect(text).to.include('"allocations":[null,0,1,2],"unallocated":[0]');
    expect(text).to.include('"hostAffinity":"n1","sequenceNumber":');
  });

  it('says what an address is for, as Calico marks tunnels', () => {
    const tree = new Tree();
    assign(tree, 'n1', 'vxlan-tunnel-addr-n1', { type: 'vxlanTunnelAddress' });
    expect(tree.blocks()[0]!.attributes![0]!.secondary!.get('type')).to.equal('vxlanTunnelAddress');
  });
});

describe('a mark', () => {
  it('takes back assignments and releases in any order, to the byte', () => {
    const tree = new Tree();
    for (const handle of ['a', 'b', 'c']) assign(tree, 'n1', handle);
    const plan = new IpamPlan(tree);
    plan.release('b');
    plan.assign({ host: 'n1', handle: 'd', pools: [pool], now });
    const before = JSON.stringify(plan.changes());
    const undo = plan.mark();
    plan.release('d');
    plan.release('a');
    plan.assign({ host: 'n1', handle: 'a', pools: [pool], now: now + 1 });
    plan.releaseAffinity('n1', parseCidr(tree.blocks()[0]!.cidr));
    for (let i = 0; i < 5; i++) plan.assign({ host: 'n2', handle: `e${i}`, pools: [pool], now });
    undo();
    expect(JSON.stringify(plan.changes())).to.equal(before);
    expect(plan.size).to.equal(plan.changes().length);
  });
});

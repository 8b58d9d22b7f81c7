import { expect } from 'chai';
import { parseCidr } from '../../../lib/addresses/index.ts';
import { audit, CalicoAudit, type Finding, IpamPlan, keyOf } from '../../../lib/calico/index.ts';
import { endpointChange, Tree } from './tree.ts';

const pool = { cidr: parseCidr('10.60.0.0/30'), blockSize: 30 };
const block = 'ipam/v2/assignment/ipv4/block/10.60.0.0-30';
const affinity = 'ipam/v2/host/n1/ipv4/block/10.60.0.0-30';
const endpoint = endpointChange('n1', 'net.a', undefined).id;

/** One address in use, and its pool. */
function sound(): Tree {
  const tree = new Tree();
  const plan = new IpamPlan(tree);
  const assigned = plan.assign({ host: 'n1', handle: 'net.a', pools: [pool], now: 0 });
  tree.commit([...plan.changes(), endpointChange('n1', 'net.a', 'address' in assigned ? assigned.address : undefined)]);
  tree.put(
    keyOf.pool('net'),
    '{"kind":"IPPool","apiVersion":"v3","metadata":{"name":"net"},"spec":{"cidr":"10.60.0.0/30"}}',
  );
  return tree;
}

const replace = (tree: Tree, id: string, from: string, to: string) => {
  const before = tree.records.get(id)!.value.toString();
  expect(before).to.include(from);
  tree.put(id, before.replace(from, to));
};

describe('the audit', () => {
  it('finds nothing in a sound tree', () => expect(sound().audit.findings()).to.deep.equal([]));

  const damages: [what: string, damage: (tree: Tree) => void, expected: [Finding['code'], string][]][] = [
    [
      'garbage',
      (t) => t.put(affinity, '{'),
      [
        ['affinity', block],
        ['unreadable', affinity],
      ],
    ],
    ['an ordinal that is free twice', (t) => replace(t, block, '[1,2,3]', '[1,2,3,3]'), [['ordinal', block]]],
    [
      'an ordinal that is free and allocated',
      (t) => replace(t, block, '[1,2,3]', '[0,1,2,3]'),
      [
        ['ordinal', block],
        ['ordinal', block],
      ],
    ],
    ['an ordinal that is nowhere', (t) => replace(t, block, '[1,2,3]', '[1,2]'), [['ordinal', block]]],
    [
      'an attribute that does not exist',
      (t) => replace(t, block, '[0,null', '[7,null'),
      [
        ['attribute', block],
        ['attribute', block],
        ['handle', keyOf.handle('net.a')],
      ],
    ],
    [
      'a block of another size',
      (t) => replace(t, block, 'null,null]', 'null]'),
      [
        ['block-size', block],
        ['ordinal', block],
      ],
    ],
    ['a lost handle', (t) => t.put(keyOf.handle('net.a'), undefined), [['handle', block]]],
    [
      'a handle that counts wrong',
      (t) => replace(t, keyOf.handle('net.a'), ':1', ':2'),
      [
        ['handle', block],
        ['handle', keyOf.handle('net.a')],
      ],
    ],
    ['a lost endpoint', (t) => t.put(endpoint, undefined), [['address-unused', block]]],
    [
      'a lost block',
      (t) => t.put(block, undefined),
      [
        ['handle', keyOf.handle('net.a')],
        ['affinity', affinity],
        ['address-unassigned', endpoint],
      ],
    ],
    ['a lost affinity', (t) => t.put(affinity, undefined), [['affinity', block]]],
    [
      'an address with two endpoints',
      (t) => t.put(endpointChange('n2', 'net.b', undefined).id, t.records.get(endpoint)!.value.toString()),
      [
        ['address-twice', endpoint],
        ['address-twice', endpointChange('n2', 'net.b', undefined).id],
      ],
    ],
    [
      'an overlapping pool',
      (t) =>
        t.put(
          keyOf.pool('two'),
          '{"kind":"IPPool","apiVersion":"v3","metadata":{"name":"two"},"spec":{"cidr":"10.60.0.0/16"}}',
        ),
      [
        ['pool', keyOf.pool('net')],
        ['pool', keyOf.pool('two')],
      ],
    ],
  ];

  for (const [what, damage, expected] of damages) {
    it(`finds ${what}, and that it was repaired`, () => {
      const tree = sound();
      const before = new Map(tree.records);
      damage(tree);
      const found = tree.audit.findings();
      const key = ([code, id]: readonly [string, string]) => `${id} ${code}`;
      expect(found.map(({ code, id }) => key([code, id])).sort()).to.deep.equal(expected.map(key).sort());
      expect(audit([...tree.records].map(([id, { value }]) => [id, value] as const))).to.have.deep.members(found);
      for (const id of new Set([...before.keys(), ...tree.records.keys()]))
        tree.put(id, before.get(id)?.value.toString());
      expect(tree.audit.findings()).to.deep.equal([]);
    });
  }

  it('counts a node’s tunnel address as used', () => {
    const tree = sound();
    tree.put(endpoint, undefined);
    tree.put(
      keyOf.node('n1'),
      '{"kind":"Node","apiVersion":"v3","metadata":{"name":"n1"},"spec":{"ipv4VXLANTunnelAddr":"10.60.0.0"},"status":{}}',
    );
    expect(tree.audit.findings()).to.deep.equal([]);
  });

  it('takes an address for the same however it is written', () => {
    const tree = new Tree();
    const six = { cidr: parseCidr('2001:db8::/122'), blockSize: 122 };
    const plan = new IpamPlan(tree);
    const assigned = plan.assign({ host: 'n1', handle: 'net.a', pools: [six], now: 0 });
    const written = endpointChange('n1', 'net.a', 'address' in assigned ? assigned.address : undefined);
    tree.commit([...plan.changes(), written]);
    for (const text of ['2001:DB8::/128', '2001:db8:0:0::0/128', '2001:db8::']) {
      tree.put(written.id, written.value!.replace('2001:db8::/128', text));
      expect(tree.audit.findings(), text).to.deep.equal([]);
    }
    tree.put(endpointChange('n2', 'net.b', undefined).id, written.value!);
    expect(tree.audit.findings().map(({ code }) => code)).to.deep.equal(['address-twice', 'address-twice']);
  });

  it('leaves alone what is not Calico’s', () => {
    const auditor = new CalicoAudit();
    auditor.apply('bgp/v1/global/as_num', Buffer.from('x'));
    expect(auditor.findings()).to.deep.equal([]);
  });

  it('says what was found and what was expected', () => {
    const tree = sound();
    tree.put(keyOf.handle('net.a'), undefined);
    expect(tree.audit.findings()).to.deep.equal([
      {
        code: 'handle',
        id: block,
        found: 'handle net.a knows of 0 addresses here',
        expected: '1, as the block has it',
        message: 'handle net.a knows of 0 addresses here; expected 1, as the block has it',
      },
    ]);
  });

  it('reports any record of Calico’s that cannot be read', () => {
    const tree = sound();
    tree.put(
      keyOf.globalNetworkPolicy('p'),
      '{"kind":"","apiVersion":"","metadata":{"name":"p"},"spec":{"selector":"("}}',
    );
    expect(tree.audit.findings().map(({ code, id }) => [code, id])).to.deep.equal([
      ['unreadable', keyOf.globalNetworkPolicy('p')],
    ]);
  });

  const ours = (name: string, spec: string) =>
    `{"kind":"","apiVersion":"","metadata":{"name":"${name}","annotations":{"io.berth.installation":"i1"}},"spec":${spec}}`;
  const auditOf = (tree: Tree, installation: string) =>
    audit(
      [...tree.records].map(([id, { value }]) => [id, value] as const),
      { installation },
    );

  it('tells our records from others’', () => {
    const tree = sound();
    tree.put(keyOf.pool('net'), ours('net', '{"cidr":"10.60.0.0/30"}'));
    tree.put(keyOf.handle('net.a'), undefined);
    tree.put(keyOf.handle('k8s.x'), '{"block":{"10.99.0.0/30":1},"deleted":false}');
    const owners = (installation: string) => auditOf(tree, installation).map(({ id, owner }) => [id, owner]);
    expect(owners('i1')).to.deep.equal([
      [block, 'us'],
      [keyOf.handle('k8s.x'), 'others'],
    ]);
    expect(owners('i2').map(([, owner]) => owner)).to.deep.equal(['others', 'others']);
  });

  it('finds what has an address that we reserve', () => {
    const tree = sound();
    tree.put(keyOf.ipReservation('net'), ours('net', '{"reservedCIDRs":["10.60.0.0/32"]}'));
    expect(auditOf(tree, 'i1').map(({ code, id }) => [code, id])).to.deep.equal([['reserved', endpoint]]);
    expect(auditOf(tree, 'i2')).to.deep.equal([]);
  });
});

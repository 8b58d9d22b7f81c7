import { expect } from 'chai';
import fc from 'fast-check';
import { formatAddress, parseCidr } from '../../../lib/addresses/index.ts';
import { audit, block, decodeRecord, IpamPlan, type Pool, paths } from '../../../lib/calico/index.ts';
import { assignStepwise, releaseStepwise } from './second-writer.ts';
import { endpointChange, Tree } from './tree.ts';

const hosts = ['n1', 'n2', 'n3'];
const pool: Pool = { cidr: parseCidr('10.60.0.0/27'), blockSize: 29 };
const now = Date.UTC(2026, 8, 1);

/** Ours: plans, and then commits whatever became of the tree in between. */
function* assignAtOnce(tree: Tree, host: string, handles: string[], held: Held): Generator<void, void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const plan = new IpamPlan(tree);
    const got: [string, string][] = [];
    const endpoints = handles.flatMap((handle) => {
      const assigned = plan.assign({ host, handle, pools: [pool], now });
      if ('refused' in assigned) return [];
      got.push([handle, formatAddress(assigned.address)]);
      return [endpointChange(host, handle, assigned.address)];
    });
    yield;
    if (tree.commit([...plan.changes(), ...endpoints])) {
      for (const [handle, address] of got) held.add(handle, address);
      return;
    }
  }
}

function* releaseAtOnce(tree: Tree, host: string, handles: string[], held: Held): Generator<void, void> {
  for (;;) {
    const plan = new IpamPlan(tree);
    for (const handle of handles) plan.release(handle);
    const endpoints = handles.map((handle) => {
      const endpoint = endpointChange(host, handle, undefined);
      return { ...endpoint, expect: tree.records.get(endpoint.id)?.revision ?? 0 };
    });
    yield;
    if (tree.commit([...plan.changes(), ...endpoints])) {
      for (const handle of handles) held.delete(handle);
      return;
    }
  }
}

/** Who holds which address: never one twice. */
class Held {
  readonly addresses = new Map<string, string>();

  add(handle: string, address: string): void {
    expect([...this.addresses.values()], 'handed out twice').not.to.include(address);
    this.addresses.set(handle, address);
  }

  delete(handle: string): void {
    this.addresses.delete(handle);
  }
}

const step = fc.record({
  host: fc.nat(hosts.length - 1),
  count: fc.integer({ min: 1, max: 6 }),
  action: fc.constantFrom('assign' as const, 'assign' as const, 'release' as const, 'affinity' as const),
});

describe('any sequence of assignments and releases', () => {
  it('keeps every invariant at every revision, hands nothing out twice, and writes stable bytes', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const tree = new Tree();
        const held = new Held();
        const owner = new Map<string, string>();
        let next = 0;
        for (const { host: index, count, action } of steps) {
          const host = hosts[index]!;
          if (action === 'assign') {
            const handles = Array.from({ length: count }, () => `net.u${next++}`);
            for (const handle of handles) owner.set(handle, host);
            exhaust(assignAtOnce(tree, host, handles, held));
          } else if (action === 'release') {
            const mine = [...held.addresses.keys()].filter((handle) => owner.get(handle) === host).slice(0, count);
            exhaust(releaseAtOnce(tree, host, mine, held));
          } else {
            const plan = new IpamPlan(tree);
            for (const cidr of tree.blocks().map((found) => found.cidr)) {
              if (tree.affinities(host).some((id) => id.endsWith(cidr.replace('/', '-')))) {
                plan.releaseAffinity(host, parseCidr(cidr));
              }
            }
            tree.commit(plan.changes());
          }
          expect(tree.audit.findings()).to.deep.equal([]);
        }
        expect(held.addresses.size).to.equal(
          tree.blocks().reduce((n, b) => n + b.allocations.length - b.unallocated.length, 0),
        );
        for (const [id, { value }] of tree.records) {
          if (!id.startsWith(paths.blocks(4))) continue;
          expect(block.write(decodeRecord(block, id, value))).to.equal(value.toString());
        }
        expect(audit([...tree.records].map(([id, { value }]) => [id, value] as const))).to.deep.equal([]);
      }),
      { numRuns: 150 },
    ));

  it('fills a pool to its last address over several hosts, and empties it', () => {
    const tree = new Tree();
    const held = new Held();
    for (let i = 0; i < 40; i++) exhaust(assignAtOnce(tree, hosts[i % 3]!, [`net.u${i}`], held));
    expect(held.addresses.size).to.equal(32);
    for (let i = 0; i < 40; i++) exhaust(releaseAtOnce(tree, hosts[i % 3]!, [`net.u${i}`], held));
    expect(held.addresses.size).to.equal(0);
    expect(tree.audit.findings()).to.deep.equal([]);
  });
});

describe('beside a second writer that goes by Calico’s own steps', () => {
  it('no address is handed out twice, and what remains is clean', () =>
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 50, maxLength: 400 }), fc.nat(1000), (schedule, seed) => {
        const tree = new Tree();
        const held = new Held();
        const ours = ['a', 'b', 'c'].map((name, i) => ourLife(tree, hosts[i]!, name, held));
        const theirs = ['x', 'y'].map((name, i) => theirLife(tree, hosts[(i + seed) % 3]!, name, held));
        const running = [...ours, ...theirs];
        for (const choice of [...schedule, ...Array.from({ length: 5000 }, (_, i) => i)]) {
          if (running.length === 0) break;
          const at = choice % running.length;
          if (running[at]!.next().done) running.splice(at, 1);
          const twice = tree.audit
            .findings()
            .filter(({ code }) => code === 'address-twice' || code === 'ordinal' || code === 'attribute');
          expect(twice).to.deep.equal([]);
        }
        expect(running).to.have.length(0);
        expect(tree.audit.findings()).to.deep.equal([]);
      }),
      { numRuns: 60 },
    ));
});

function* ourLife(tree: Tree, host: string, name: string, held: Held): Generator<void, void> {
  for (let i = 0; i < 4; i++) {
    const handles = [`net.${name}${i}`, `net.${name}${i}b`];
    yield* assignAtOnce(tree, host, handles, held);
    if (i % 2 === 0) yield* releaseAtOnce(tree, host, handles, held);
  }
}

function* theirLife(tree: Tree, host: string, name: string, held: Held): Generator<void, void> {
  for (let i = 0; i < 4; i++) {
    const handle = `other.${name}${i}`;
    const address = yield* assignStepwise(tree, { host, handle, pool, now });
    if (!address) continue;
    held.add(handle, formatAddress(address));
    if (i % 2 === 0) {
      held.delete(handle);
      yield* releaseStepwise(tree, host, handle);
    }
  }
}

function exhaust(steps: Generator<void, void>): void {
  while (!steps.next().done);
}

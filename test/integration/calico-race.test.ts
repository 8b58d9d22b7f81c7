import { expect } from 'chai';
import { formatAddress, parseCidr } from '../../lib/addresses/index.ts';
import {
  type Block,
  block,
  CalicoAudit,
  type Change,
  decodeRecord,
  IpamPlan,
  keyOf,
  kindOf,
} from '../../lib/calico/index.ts';
import { type Random, seededRandom, silent, systemClock } from '../../lib/platform/index.ts';
import { createEtcd } from '../../lib/store/etcd/index.ts';
import { type Kv, prefixEnd } from '../../lib/store/index.ts';
import { type EtcdProcess, startEtcd } from '../harness/etcd.ts';
import { endpointChange, Tree } from '../lib/calico/tree.ts';
import { Datastore, type Settings, Stepwise } from './calico-stepwise.ts';

const ROOT = '/calico/';
const SEQUENCES = Number(process.env.BERTH_RACE_SEQUENCES ?? 20);
const pool = { cidr: parseCidr('10.60.0.0/27'), blockSize: 29 };

/** Who holds what, as those were told who asked. */
class Held {
  readonly #holders = new Map<string, string>();

  add(address: string, handle: string): void {
    expect(this.#holders.get(address), `${address} was given to two`).to.equal(undefined);
    this.#holders.set(address, handle);
  }

  delete(handle: string): void {
    for (const [address, holder] of this.#holders) if (holder === handle) this.#holders.delete(address);
  }

  get size(): number {
    return this.#holders.size;
  }
}

describe('addresses on a real etcd beside a second writer that goes by Calico’s own steps', function () {
  this.timeout(120_000);
  let etcd: EtcdProcess;
  let kv: Kv;

  before(async () => {
    etcd = await startEtcd();
    kv = createEtcd({ endpoints: [etcd.endpoint], clock: systemClock, log: silent });
  });
  after(async () => {
    kv?.close();
    await etcd?.close();
  });

  for (let seed = 1; seed <= SEQUENCES; seed++) {
    it(`sequence ${seed}: nobody gets what another holds, at any revision, and the audit is clean at the end`, async () => {
      const random = seededRandom(seed);
      const strict = seed % 3 === 0;
      const reserved = seed % 2 === 0 ? ['10.60.0.9/32', '10.60.0.16/31'] : [];
      const settings: Settings = { pool, strict, reserved: reserved.map(parseCidr), now: Date.UTC(2026, 8, 1) };
      const { revision: start } = await kv.txn({ compare: [], then: [{ delete: ROOT, end: prefixEnd(ROOT) }] });
      const store = new Datastore(kv);
      await store.put(keyOf.ipamConfig(), `{"strict_affinity":${strict},"auto_allocate_blocks":true}`, 0);
      const spec = `{"reservedCIDRs":${JSON.stringify(reserved)}}`;
      await store.put(
        keyOf.ipReservation('r'),
        `{"kind":"","apiVersion":"","metadata":{"name":"r"},"spec":${spec}}`,
        0,
      );

      const held = new Held();
      await Promise.all([
        ...['n1', 'n2'].map((host) => ourLife(host, { random, held, settings })),
        ...['n1', 'n2', 'n3'].map((host) => theirLife(host, new Stepwise(store, settings), { random, held })),
      ]);

      const audit = await history(start);
      expect(audit.findings()).to.deep.equal([]);
      const end = await read();
      expect(
        end.blocks().reduce((sum, each) => sum + each.allocations.filter((index) => index !== null).length, 0),
      ).to.equal(held.size);
      for (const [id, { value }] of end.records) {
        if (kindOf(id) === 'affinity') expect(value.toString(), id).to.include('"confirmed"');
      }
    });
  }

  async function ourLife(host: string, { random, held, settings }: { random: Random; held: Held; settings: Settings }) {
    const mine: string[] = [];
    for (let step = 0; step < 8; step++) {
      if (random.next() < 0.6 || mine.length === 0) {
        const handles = Array.from({ length: 1 + Math.floor(random.next() * 4) }, (_, i) => `net.${host}-${step}-${i}`);
        mine.push(
          ...(await atOnce((tree, plan) => {
            const got = handles.flatMap((handle) => {
              const assigned = plan.assign({ host, handle, pools: [pool], now: settings.now });
              return 'address' in assigned ? [{ handle, address: assigned.address }] : [];
            });
            expect(
              got.every(({ address }) => tree.reservations().every((range) => range.base !== address.value)),
            ).to.equal(true);
            return {
              changes: got.map(({ handle, address }) => endpointChange(host, handle, address)),
              done: () => {
                for (const { handle, address } of got) held.add(formatAddress(address), handle);
                return got.map(({ handle }) => handle);
              },
            };
          })),
        );
      } else {
        const handles = mine.splice(0, 1 + Math.floor(random.next() * 3));
        // Whoever frees an address does not hold it any more when another may get it.
        for (const handle of handles) held.delete(handle);
        await atOnce((tree, plan) => {
          for (const handle of handles) plan.release(handle);
          const changes = handles.map((handle) => {
            const { id } = endpointChange(host, handle, undefined);
            return { id, expect: tree.records.get(id)?.revision ?? 0 };
          });
          return { changes, done: () => [] };
        });
      }
    }
  }

  async function theirLife(host: string, writer: Stepwise, { random, held }: { random: Random; held: Held }) {
    const mine: string[] = [];
    for (let step = 0; step < 5; step++) {
      const choice = random.next();
      if (choice < 0.6 || mine.length === 0) {
        const handle = `theirs.${host}-${step}`;
        const address = await writer.assign(host, handle);
        if (!address) continue;
        held.add(formatAddress(address), handle);
        mine.push(handle);
      } else if (choice < 0.85) {
        const handle = mine.shift()!;
        held.delete(handle);
        await writer.release(host, handle);
      } else {
        await writer.releaseAffinities(host);
      }
    }
  }

  /** Plans on what is there, and commits in one transaction; again where somebody was faster. */
  async function atOnce(
    make: (tree: Tree, plan: IpamPlan) => { changes: Change[]; done: () => string[] },
  ): Promise<string[]> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const tree = await read();
      const plan = new IpamPlan(tree);
      const { changes, done } = make(tree, plan);
      const all = [...plan.changes(), ...changes];
      if (all.length === 0) return done();
      const { succeeded } = await kv.txn({
        compare: all.map(({ id, expect: value }) => ({ key: ROOT + id, target: 'mod', op: '=', value })),
        then: all.map(({ id, value }) => (value === undefined ? { delete: ROOT + id } : { put: ROOT + id, value })),
      });
      if (succeeded) return done();
    }
    throw new Error('never came through');
  }

  async function read(): Promise<Tree> {
    const tree = new Tree();
    const { kvs } = await kv.range({ key: ROOT, end: prefixEnd(ROOT) });
    for (const { key, value, modRevision } of kvs) {
      tree.records.set(key.slice(ROOT.length), { value, revision: modRevision });
    }
    return tree;
  }

  /** Goes through all revisions since one: at none is an address in two hands, or a block out of order. */
  async function history(start: number): Promise<CalicoAudit> {
    const audit = new CalicoAudit();
    const holders = new Map<string, (string | undefined)[]>();
    const last = (await kv.range({ key: ROOT, limit: 1 })).revision;
    await new Promise<void>((resolve, reject) => {
      const watch = kv.watch({
        key: ROOT,
        end: prefixEnd(ROOT),
        startRevision: start + 1,
        onEvents(events, revision) {
          try {
            for (const [
              i,
              {
                type,
                kv: { key, value, modRevision },
              },
            ] of events.entries()) {
              const id = key.slice(ROOT.length);
              audit.apply(id, type === 'put' ? value : undefined);
              if (kindOf(id) === 'block') {
                const after = type === 'put' ? holdersIn(decodeRecord(block, id, value)) : [];
                for (const [ordinal, before] of (holders.get(id) ?? []).entries()) {
                  const now = after[ordinal];
                  if (before !== undefined && now !== undefined)
                    expect(now, `${id} at ${modRevision}`).to.equal(before);
                }
                holders.set(id, after);
              }
              if (events[i + 1]?.kv.modRevision === modRevision) continue;
              expect(
                audit.findings().filter(({ code }) => BROKEN.has(code)),
                `at ${modRevision}`,
              ).to.deep.equal([]);
            }
            if (revision < last) return;
            watch.cancel();
            resolve();
          } catch (error) {
            watch.cancel();
            reject(error);
          }
        },
        onEnd: reject,
      });
    });
    return audit;
  }
});

/** What must not even be for the moment between two steps. */
const BROKEN: ReadonlySet<string> = new Set(['unreadable', 'block-size', 'ordinal', 'attribute', 'address-twice']);

const holdersIn = ({ allocations, attributes }: Block): (string | undefined)[] =>
  allocations.map((index) => (index === null ? undefined : attributes?.[index]?.handle_id));

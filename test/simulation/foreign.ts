import { type Cidr, contains, formatAddress, overlaps, parseCidr } from '../../lib/addresses/index.ts';
import {
  cidrOfKey,
  decodeRecord,
  INSTALLATION,
  type IPPoolSpec,
  ipPool,
  ipReservation,
  keyOf,
  kindOf,
  type Pool,
  paths,
  type Resource,
} from '../../lib/calico/index.ts';
import { prefixEnd, type TxnRequest } from '../../lib/store/index.ts';
import type { MemoryEtcd } from '../../lib/store/memory/index.ts';
import { Datastore, Stepwise } from '../integration/calico-stepwise.ts';
import type { Ledger } from '../invariants/index.ts';

const ROOT = '/calico/';
/** Hosts that berth knows nothing of. */
const HOSTS = ['other-1', 'other-2'];
/** Where a pool of somebody else's may be: two inside the supernet, one where a user may want a network. */
const RANGES = ['10.64.0.0/20', '10.64.4.0/24', '10.127.0.0/26', '172.20.0.0/24'];
/** Addresses of theirs at once, at most. */
const MOST_HELD = 6;

/** An address that somebody else has. */
interface Held {
  host: string;
  handle: string;
  address: string;
}

/**
 * Somebody else's Calico in the same datastore: pools, policies and addresses that are none of ours, taken in single
 * steps as Calico takes them, and hands that reach into what is ours.
 */
export class ForeignCalico {
  readonly #ledger: Ledger;
  readonly #now: () => number;
  readonly #store: Datastore;
  readonly #held: Held[] = [];
  readonly #doing = new Set<Promise<void>>();
  #made = 0;

  constructor({ etcd, ledger, now }: { etcd: MemoryEtcd; ledger: Ledger; now(): number }) {
    this.#ledger = ledger;
    this.#now = now;
    this.#store = new Datastore(etcd.connect({ onLanded: (request) => this.#landed(request) }));
  }

  /** Resolves when none of its steps is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#doing);
  }

  /** Makes a pool where there is room for one, as calicoctl sees it, or deletes it again. */
  async togglePool(at: number): Promise<string> {
    const cidr = RANGES[at % RANGES.length]!;
    const name = `theirs-${at % RANGES.length}`;
    const { revision } = await this.#store.read(ipPool, keyOf.pool(name));
    if (revision !== 0) {
      await this.#store.put(keyOf.pool(name), undefined, revision);
      return `${name} deleted`;
    }
    const range = parseCidr(cidr);
    const read = await this.#pools();
    const taken = read.pools.find(({ pool }) => overlaps(parseCidr(pool.spec.cidr), range));
    if (taken) return `${name}: ${cidr} overlaps with ${taken.pool.metadata.name}`;
    const made = { name, spec: { cidr, blockSize: 26, nodeSelector: 'all()', natOutgoing: true } };
    // calicoctl looks first, too; that somebody comes in between is Calico's own weakness, and not looked for here.
    const key = `${ROOT}${paths.pools}/`;
    const unchanged = { key, end: prefixEnd(key), target: 'mod', op: '<', value: read.revision + 1 } as const;
    const own = ROOT + keyOf.pool(name);
    const { succeeded } = await this.#store.kv.txn({
      compare: [unchanged, { key: own, target: 'mod', op: '=', value: 0 }],
      then: [{ put: own, value: resource('IPPool', made) }],
    });
    return succeeded ? `${name} ${cidr}` : `${name}: somebody was faster`;
  }

  /** Somebody's calicoctl changes a pool of ours, or deletes it. */
  async tamper(how: 'disable' | 'nat' | 'delete', pickOne: <T>(items: readonly T[]) => T): Promise<string> {
    const ours = (await this.#pools()).pools.filter(({ pool }) => pool.metadata.annotations?.has(INSTALLATION));
    if (ours.length === 0) return 'none';
    const { pool, revision } = pickOne(ours);
    const id = keyOf.pool(pool.metadata.name);
    const spec =
      how === 'disable' ? { ...pool.spec, disabled: true } : { ...pool.spec, natOutgoing: !pool.spec.natOutgoing };
    const value = how === 'delete' ? undefined : ipPool.write({ ...pool, spec });
    await this.#store.put(id, value, revision);
    return `${how} ${pool.metadata.name}`;
  }

  /** Makes a policy, or deletes it again. Selects what is in networks that users open or close. */
  async togglePolicy(network: string): Promise<string> {
    const name = `theirs-${network}`;
    const id = keyOf.globalNetworkPolicy(name);
    const [found] = (await this.#store.kv.range({ key: ROOT + id })).kvs;
    if (found) {
      await this.#store.put(id, undefined, found.modRevision);
      return `${name} deleted`;
    }
    const spec = {
      ...{ tier: 'default', order: 100, selector: `has(${network})`, types: ['Ingress'] },
      ingress: [{ action: 'Allow', source: { nets: ['10.0.0.0/8'] }, destination: {} }],
    };
    await this.#store.put(id, resource('GlobalNetworkPolicy', { name, spec }), 0);
    return name;
  }

  /** Takes an address in a pool of ours; step by step, in the background, so that others come in between. */
  async take(pickOne: <T>(items: readonly T[]) => T): Promise<string> {
    if (this.#held.length >= MOST_HELD) return 'enough';
    const open = (await this.#pools()).pools.filter(
      ({ pool: { spec } }) => !spec.disabled && !spec.cidr.includes(':') && !this.#overlaysBlocks(spec),
    );
    if (open.length === 0) return 'none';
    const { cidr, blockSize = 26 } = pickOne(open).pool.spec;
    const host = pickOne(HOSTS);
    const handle = `theirs.${this.#made++}`;
    const writer = this.#writer({ cidr: parseCidr(cidr), blockSize }, await this.#reserved());
    this.#inBackground(async () => {
      const got = await writer.assign(host, handle);
      if (!got) return;
      const address = formatAddress(got);
      this.#held.push({ host, handle, address });
      this.#ledger.foreignAddress(address, handle, 'held');
    });
    return `${handle} in ${cidr}`;
  }

  /**
   * Whether a pool was put where another one was deleted with addresses in use, that had blocks of another size. Calico gives out
   * addresses there twice, and nobody can prevent that; whose network it was is told so.
   */
  #overlaysBlocks({ cidr, blockSize }: IPPoolSpec): boolean {
    const range = parseCidr(cidr);
    return this.#ledger.list('calico').some(({ id }) => {
      const block = kindOf(id) === 'block' && cidrOfKey(id);
      return block && block.prefix !== blockSize && contains(range, block);
    });
  }

  /** Gives an address back, likewise. */
  give(pickOne: <T>(items: readonly T[]) => T): string {
    if (this.#held.length === 0) return 'none';
    const held = pickOne(this.#held);
    this.#held.splice(this.#held.indexOf(held), 1);
    this.#inBackground(() => this.#release(held));
    return held.handle;
  }

  /** Gives everything back that it has of ours: what it holds of a network keeps that from going. */
  async giveBack(): Promise<void> {
    await this.settled();
    this.#inBackground(async () => {
      for (const held of this.#held.splice(0)) await this.#release(held);
      for (const host of HOSTS) await this.#writer().releaseAffinities(host);
    });
    await this.settled();
  }

  /** Takes everything of its own away. */
  async leave(): Promise<void> {
    await this.giveBack();
    for (const id of [...this.#ledger.foreign])
      await this.#store.kv.txn({ compare: [], then: [{ delete: ROOT + id }] });
  }

  async #release({ host, handle, address }: Held): Promise<void> {
    this.#ledger.foreignAddress(address, handle, 'free');
    await this.#writer().release(host, handle);
  }

  /** @param pool  what it assigns from; what releases needs none */
  #writer(pool: Pool = { cidr: parseCidr('172.20.0.0/24'), blockSize: 26 }, reserved: readonly Cidr[] = []): Stepwise {
    return new Stepwise(this.#store, { pool, strict: false, reserved, now: this.#now() });
  }

  #inBackground(steps: () => Promise<void>): void {
    this.#ledger.foreignSteps++;
    const doing = steps().finally(() => {
      this.#ledger.foreignSteps--;
      this.#ledger.touched.calico = true;
      this.#doing.delete(doing);
    });
    this.#doing.add(doing);
  }

  async #pools(): Promise<{ pools: { pool: Resource<IPPoolSpec>; revision: number }[]; revision: number }> {
    const key = `${ROOT}${paths.pools}/`;
    const { kvs, revision } = await this.#store.kv.range({ key, end: prefixEnd(key) });
    const pools = kvs.map((each) => ({
      pool: decodeRecord(ipPool, each.key, each.value),
      revision: each.modRevision,
    }));
    return { pools, revision };
  }

  async #reserved(): Promise<Cidr[]> {
    const key = `${ROOT}${paths.ipReservations}/`;
    const { kvs } = await this.#store.kv.range({ key, end: prefixEnd(key) });
    return kvs.flatMap((each) =>
      (decodeRecord(ipReservation, each.key, each.value).spec.reservedCIDRs ?? []).map(parseCidr),
    );
  }

  /** What it creates is its own until it deletes it; blocks and affinities are everybody's. */
  #landed({ compare, then }: TxnRequest): void {
    for (const each of then) {
      const key = 'put' in each ? each.put : 'delete' in each ? each.delete : undefined;
      if (!key?.startsWith(ROOT)) continue;
      const id = key.slice(ROOT.length);
      const creates = compare.some((one) => one.key === key && one.target === 'mod' && Number(one.value) === 0);
      if ('delete' in each) this.#ledger.foreign.delete(id);
      else if (creates && !/^ipam\/v2\/(host|assignment)\//.test(id)) this.#ledger.foreign.add(id);
    }
  }
}

const resource = (kind: string, { name, spec }: { name: string; spec: object }): string =>
  JSON.stringify({
    ...{ kind, apiVersion: 'projectcalico.org/v3' },
    metadata: { name, uid: '35853bec-5f98-4c67-96d9-072d9d9383aa', creationTimestamp: '2026-11-22T12:39:58Z' },
    spec,
  });

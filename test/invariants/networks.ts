import { type Cidr, overlaps, parseCidr } from '../../lib/addresses/index.ts';
import type { NetworkRecord } from '../../lib/records/index.ts';
import type { Invariant } from './invariant.ts';
import type { Ledger } from './ledger.ts';

/** 2: no two endpoints hold one address, those on lost hosts included, nor does anybody else hold an endpoint's. */
const addressesApart: Invariant = {
  guarantee: 2,
  name: 'no address twice',
  *broken(ledger, touched) {
    for (const address of touched.addresses) {
      const holders = ledger.holders(address);
      if (holders.length > 1) yield `${address} is held by ${holders.join(' and ')}`;
    }
  },
};

/** 2: no two networks overlap, in any of their ranges. That pools do not, others' among them, is seen to by the audit. */
const networksApart: Invariant = {
  guarantee: 2,
  name: 'no networks overlap',
  *broken(ledger, touched) {
    if (!touched.networks) return;
    const seen: { id: string; range: Cidr }[] = [];
    for (const { id, value } of ledger.list('networks')) {
      const ranges = rangesOf(value).map((text) => ({ id, range: parseCidr(text) }));
      for (const { range } of ranges) {
        const other = seen.find((each) => overlaps(each.range, range));
        if (other) yield `${id} and ${other.id} overlap`;
      }
      seen.push(...ranges);
    }
  },
};

export const rangesOf = ({ cidr, ranges }: NetworkRecord): readonly string[] => ranges ?? [cidr];

/** 2: the gateway that a network's user has chosen is no container's. */
const gatewayApart: Invariant = {
  guarantee: 2,
  name: 'no gateway is handed out',
  *broken(ledger, touched) {
    const changed = touched.networks ? ledger.list('networks').map(({ value }) => value.gateway) : [];
    if (touched.addresses.size === 0 && changed.length === 0) return;
    const gateways = new Set(ledger.list('networks').map(({ value }) => value.gateway));
    for (const address of new Set([...touched.addresses, ...changed])) {
      // Somebody else may have had it before it became one: endpoints are what we give it to.
      const holder = gateways.has(address) && ledger.holders(address).find((each) => each.includes('/'));
      if (holder) yield `${address} is a gateway, and held by ${holder}`;
    }
  },
};

/** 5: what runs on a network keeps its addresses and its next hop: those of the network do not change under it. */
const networksStand: Invariant = {
  guarantee: 5,
  name: 'a network stays while something is attached',
  *broken(ledger, touched) {
    for (const [id, before] of touched.before('networks')) {
      const after = ledger.get('networks', id);
      if (!before || isSame(before.value, after?.value)) continue;
      const attached = ledger
        .list('endpoints')
        .find(({ value }) => value.interfaces.some(({ network }) => network === id));
      if (!attached) continue;
      const is = after ? `${rangesOf(after.value).join(', ')} by ${after.value.gateway}` : 'gone';
      yield `${id} was ${rangesOf(before.value).join(', ')} by ${before.value.gateway}, and is ${is}; ${attached.id} is attached`;
    }
  },
};

/** Ranges are added at the end. */
const isSame = (before: NetworkRecord, after: NetworkRecord | undefined): boolean =>
  after !== undefined &&
  before.cidr === after.cidr &&
  before.gateway === after.gateway &&
  rangesOf(before).every((range, i) => rangesOf(after)[i] === range);

/** Between the single steps that others take, and at any moment: what must never be. */
const NEVER: ReadonlySet<string> = new Set(['unreadable', 'block-size', 'ordinal', 'attribute', 'address-twice']);

/** 2: Calico's records agree with each other: blocks, affinities, handles, endpoints and pools. */
const calicoAgrees: Invariant = {
  guarantee: 2,
  name: 'Calico’s records agree',
  *broken(ledger, touched) {
    if (!touched.calico) return;
    for (const { code, id, message } of ledger.calico.findings())
      if (ledger.foreignSteps === 0 || NEVER.has(code)) yield `${id}: ${code}: ${message}`;
  },
};

/** Milliseconds that a container waits at most for a record that speaks of what is there (docs/decisions/0016). */
const RESOLUTION = 5 * 60_000;

/** 1: nothing is started with what it was told of an incarnation that is gone, unless it has waited for five minutes. */
const startsInformed: Invariant = {
  guarantee: 1,
  name: 'nothing is started with what does not hold any more',
  *broken(ledger, touched) {
    for (const [id, before] of touched.before('assignments')) {
      const assignment = ledger.get('assignments', id);
      if (!assignment || before?.value.uid === assignment.value.uid) continue;
      const container = id.slice(id.indexOf('/') + 1);
      const app = container.slice(0, container.lastIndexOf('/'));
      const waiting = touched.before('pending').get(container)?.value.outdated;
      if (waiting && Math.abs(ledger.wall() - Date.parse(waiting.since)) >= RESOLUTION) continue;
      const sources = Object.entries(ledger.get('containers', container)?.value.resolvedFrom ?? {});
      for (const [name, uid] of sources) {
        if (!isThere(ledger, `${app}/${name}`, uid)) yield `${id} is started with what it was told of ${name} (${uid})`;
      }
    }
  },
};

function isThere(ledger: Ledger, container: string, uid: string): boolean {
  return ledger.assignmentsOf(container).some((id) => {
    const host = ledger.hostRecord(id.slice(0, id.indexOf('/')));
    return ledger.get('assignments', id)?.value.uid === uid && host !== undefined && !host.lost && !host.gone;
  });
}

/** What networks promise, and who is told of addresses. */
export const networkInvariants: readonly Invariant[] = [
  addressesApart,
  networksApart,
  gatewayApart,
  networksStand,
  calicoAgrees,
  startsInformed,
];

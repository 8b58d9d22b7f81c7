import { decodeRecord, INSTALLATION, ipPool, kindOf, nameOf } from '../../lib/calico/index.ts';
import type { Ledger } from './ledger.ts';
import { rangesOf } from './networks.ts';

/** What must hold of networks once everything has come to rest. In words, what does not. */
export function* networksAtRest(ledger: Ledger): Iterable<string> {
  for (const { id, message } of ledger.calico.findings()) yield `${id}: ${message}`;
  yield* poolsAreNetworks(ledger);
  yield* nothingForNobody(ledger);
  for (const { id, value } of ledger.list('pending'))
    if (value.outdated) yield `pending/${id} waits for a record that speaks of what is there`;
}

/** Each range of a network is a pool of ours that gives out addresses, and there are no others. */
function* poolsAreNetworks(ledger: Ledger): Iterable<string> {
  const wanted = new Map<string, string>();
  for (const { value } of ledger.list('networks'))
    for (const [i, range] of rangesOf(value).entries()) wanted.set(value.pools[i] ?? '', range);
  for (const { id, value } of ledger.list('calico')) {
    if (kindOf(id) !== 'pool') continue;
    const pool = decodeRecord(ipPool, id, value);
    if (!pool.metadata.annotations?.has(INSTALLATION)) continue;
    const range = wanted.get(nameOf(id));
    wanted.delete(nameOf(id));
    if (range !== pool.spec.cidr)
      yield `pool ${nameOf(id)} has ${pool.spec.cidr}, and its network ${range ?? 'is none'}`;
    else if (pool.spec.disabled) yield `pool ${nameOf(id)} is disabled`;
  }
  for (const [pool, range] of wanted) yield `there is no pool ${pool} of ${range}`;
}

/** Profiles and reservations are networks', handles are endpoints'. */
function* nothingForNobody(ledger: Ledger): Iterable<string> {
  const handles = new Set(
    ledger.list('endpoints').flatMap(({ value }) => value.interfaces.map(({ network }) => `${network}.${value.uid}`)),
  );
  for (const { id } of ledger.list('calico')) {
    if (ledger.foreign.has(id)) continue;
    const kind = kindOf(id);
    const name = nameOf(id);
    if ((kind === 'profile' || kind === 'ipReservation') && !ledger.get('networks', name))
      yield `${kind} ${name} has no network`;
    if (kind === 'handle' && !handles.has(name)) yield `handle ${name} has no endpoint`;
  }
}

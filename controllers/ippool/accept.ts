import { isDeepStrictEqual } from 'node:util';
import { type Cidr, canonicalAddress, contains, tryParseCidr } from '../../lib/addresses/index.ts';
import { type BerthError, reasonOf } from '../../lib/errors/index.ts';
import { timestamp } from '../../lib/reconcile/index.ts';
import type { Accepted, NetworkRecord, Observation, VirtualNetworkSpec } from '../../lib/records/index.ts';
import { type ParseResult, parseRecord, type SpecProblem } from '../../lib/schema/index.ts';
import type { Entry } from '../../lib/store/index.ts';

export interface Acceptance {
  /** What `accepted/` should hold; absent: nothing, because no valid spec was ever there. */
  accepted?: Accepted<VirtualNetworkSpec>;
  observed: Observation;
  /** mod_revision of the user's key that was looked at. */
  generation?: number;
}

/** What there is of the network already. */
export interface InForce {
  accepted: Accepted<VirtualNetworkSpec> | undefined;
  network: NetworkRecord | undefined;
  /** What is attached to it: names of containers. Asked for only where the spec changes. */
  attached(): readonly string[];
}

/**
 * What is accepted of a user's VirtualNetwork. One that is invalid changes nothing, and one that would change the addresses
 * of what is attached neither; one that is deleted stays accepted, marked, until all that it made is gone. Pure.
 *
 * @param now  milliseconds since the epoch
 * @returns undefined where there is neither a record nor anything left of one
 */
export function acceptNetwork(
  user: Entry<'virtualnetworks'> | undefined,
  inForce: InForce,
  now: number,
): Acceptance | undefined {
  const { accepted } = inForce;
  if (!user && !accepted) return undefined;
  const generation = user && { generation: user.modRevision };
  if (accepted && (!user || accepted.deleting || accepted.uid !== user.createRevision)) {
    const deleting = { ...accepted, deleting: accepted.deleting ?? timestamp(now) };
    const observed: Observation = user
      ? no('Deleting', 'a former network of this name is being deleted; this one waits until that is done')
      : yes('the record was deleted');
    return { accepted: deleting, observed, ...generation };
  }
  if (!user) return undefined;

  const parsed = parse(user);
  const stays = { ...(accepted && { accepted }), ...generation };
  if (!parsed.ok) return { ...stays, observed: refusal(reasonOf(parsed.errors[0]!.code), parsed.errors) };
  const fixed = immutable(parsed.spec, inForce);
  if (fixed.length > 0) return { ...stays, observed: refusal('Immutable', parsed.report(fixed)) };
  return {
    accepted: { generation: user.modRevision, uid: user.createRevision, spec: parsed.spec },
    observed: yes(''),
    ...generation,
  };
}

/** Read once for each value: a network is looked at for every address that comes or goes. */
const read = new WeakMap<Buffer, ParseResult<VirtualNetworkSpec>>();

function parse({ id, value }: Entry<'virtualnetworks'>): ParseResult<VirtualNetworkSpec> {
  const known = read.get(value) ?? parseRecord({ kind: 'virtualnetworks', id, value });
  read.set(value, known);
  return known;
}

/** What of a new spec would give attached containers other addresses, or another gateway than they know. */
function immutable(spec: VirtualNetworkSpec, { accepted, network, attached }: InForce): SpecProblem[] {
  if (!accepted || !network || isDeepStrictEqual(spec, accepted.spec)) return [];
  const { spec: old } = accepted;
  const users = attached();
  if (users.length === 0) return [];
  const problems: SpecProblem[] = [];
  const fixed = (path: SpecProblem['path'], is: unknown, wanted: unknown, what: string) =>
    void problems.push({
      code: 'BERTH_INVALID',
      path,
      offset: 0,
      message: `cannot change while containers are attached (${few(users)})`,
      found: wanted === undefined ? 'nothing' : String(wanted),
      expected: `${is === undefined ? 'nothing, as before' : String(is)}; ${what}`,
    });
  const instead = 'detach them first, or put a network of another name';
  if (spec.cidr !== undefined && spec.cidr !== network.cidr) fixed(['cidr'], network.cidr, spec.cidr, instead);
  if (spec.blockSize !== old.blockSize && blockSizeChanged(network, spec.blockSize))
    fixed(['blockSize'], network.blockSize, spec.blockSize, instead);
  if (spec.gateway !== (old.gateway && canonicalAddress(old.gateway)))
    fixed(['gateway'], old.gateway, spec.gateway, instead);
  const lost = old.pools.find((range) => range !== spec.cidr && !spec.pools.includes(range));
  if (lost !== undefined && network.ranges?.includes(lost))
    fixed(['pools'], old.pools.join(', '), spec.pools.join(', ') || 'none', `ranges can be added; ${instead}`);
  return problems;
}

/** @returns whether a network stands in the way of its own spec; it can follow that once nothing is attached */
export function needsReplacement(
  network: NetworkRecord,
  { cidr, pools, blockSize }: VirtualNetworkSpec,
  supernet: Cidr,
): boolean {
  if (cidr !== undefined && (cidr !== network.cidr || blockSizeChanged(network, blockSize))) return true;
  const declared = new Set([cidr, ...pools]);
  return (network.ranges ?? []).some((text) => {
    const range = tryParseCidr(text);
    return range !== undefined && !declared.has(text) && !contains(supernet, range);
  });
}

/** A block size may be meant for the other family's ranges. */
function blockSizeChanged({ cidr, blockSize }: NetworkRecord, wanted: number | undefined): boolean {
  const meant = wanted !== undefined && (wanted > 32 ? 6 : 4);
  return meant === tryParseCidr(cidr)?.family && wanted !== blockSize;
}

const yes = (message: string): Observation => ({ type: 'Accepted', status: 'True', reason: 'Accepted', message });
const no = (reason: string, message: string): Observation => ({ type: 'Accepted', status: 'False', reason, message });
const refusal = (reason: string, errors: readonly BerthError[]): Observation =>
  no(reason, errors.map(({ message }) => message).join('\n'));

/** The first of many names, and how many more there are. */
export const few = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');

/** A host that was prepared once and is to be kept. */
export interface RolloutHost {
  name: string;
  /** It is prepared for what its cloud asks now. */
  current: boolean;
  /** It or its engine does not answer. */
  failing: boolean;
  /** Its last preparation failed. */
  refused: boolean;
}

/**
 * Whether a host that is ready may be changed now. A change that every host of a cloud gets goes to one at a time, in the
 * order of names, and stops at the first that does not take it: those that failed come first. Pure.
 *
 * @returns `later`: another one is being changed; `halted`: another one did not take it, or does not answer since
 */
export function turnOf(host: string, hosts: readonly RolloutHost[]): 'now' | 'later' | 'halted' {
  const others = hosts.filter(({ name }) => name !== host);
  if (others.some(({ current, failing }) => current && failing)) return 'halted';
  let first: RolloutHost | undefined;
  for (const each of hosts) if (!each.current && (!first || isBefore(each, first))) first = each;
  if (!first || first.name === host) return 'now';
  return first.refused ? 'halted' : 'later';
}

const isBefore = (a: RolloutHost, b: RolloutHost): boolean => (a.refused === b.refused ? a.name < b.name : a.refused);

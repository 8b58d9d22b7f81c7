import type { EffectiveRule, PeerMatch } from '../../lib/calico/index.ts';
import type { NamedPolicy } from '../../lib/network/index.ts';
import type { Entry, View } from '../../lib/store/index.ts';
import { rangesOf } from './neighbourhood.ts';

const ANY: PeerMatch = { ranges: 'any', notRanges: [], ports: 'any', notPorts: [] };
const ALLOW: EffectiveRule = { action: 'Allow', source: ANY, destination: ANY };

/** What the profile of a network comes to: all out, and in what comes from its own members and from those that it names. */
export function policyOf({ id, value }: Entry<'networks'>, state: View): NamedPolicy {
  const stage = (rule: EffectiveRule) => [{ name: `profile ${id}`, rules: [rule], otherwise: 'Pass' as const }];
  const friends = (value.allowFrom ?? []).flatMap((name) => state.get('networks', name) ?? []);
  const ranges = [value, ...friends.map((friend) => friend.value)].flatMap(rangesOf);
  return {
    name: id,
    ingress: stage(value.closed === false ? ALLOW : { ...ALLOW, source: { ...ANY, ranges } }),
    egress: stage(ALLOW),
  };
}

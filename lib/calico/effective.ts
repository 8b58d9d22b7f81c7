/** From policies and profiles to the rules of one endpoint, in the order and with the defaults of Felix. Pure. */

import type { EffectivePolicy, EffectiveRule, Stage } from './policy.ts';
import type { PolicyType } from './policy-records.ts';
import type { Rule } from './rule-records.ts';
import { type Labels, matches, type Selector } from './selector.ts';

export interface Tier {
  name: string;
  /** Of what its policies select and no rule of theirs decides. */
  defaultAction: 'Deny' | 'Pass';
  /** In their order. */
  policies: readonly Policy[];
}

export interface Policy {
  name: string;
  /** Of a NetworkPolicy: its selectors are about this namespace alone. */
  namespace?: string;
  selector: Selector;
  types: ReadonlySet<PolicyType>;
  ingress: readonly Rule[];
  egress: readonly Rule[];
}

export interface ProfileRules {
  name: string;
  ingress: readonly Rule[];
  egress: readonly Rule[];
}

export interface Applicable {
  /** All tiers, in their order. */
  tiers: readonly Tier[];
  /** The endpoint’s own, in its order. */
  profiles: readonly ProfileRules[];
}

/**
 * The rules that decide about an endpoint's connections: of each tier that has a policy for it and that direction, the
 * rules of those policies and then the tier's default; what all tiers pass goes through the profiles.
 *
 * @param labels   of the endpoint, its own and those of its profiles
 * @param resolve  what a rule comes to, with addresses for selectors; `namespace` where it is a NetworkPolicy's
 */
export function effectivePolicy(
  labels: Labels,
  { tiers, profiles }: Applicable,
  resolve: (rule: Rule, namespace?: string) => readonly EffectiveRule[],
): EffectivePolicy {
  const selecting = tiers.map((tier) => ({
    ...tier,
    policies: tier.policies.filter(({ selector }) => matches(selector, labels)),
  }));
  const stagesOf = (type: PolicyType): Stage[] => {
    const direction = type === 'Ingress' ? 'ingress' : 'egress';
    const stages: Stage[] = [];
    for (const { name, defaultAction, policies } of selecting) {
      const applied = policies.filter(({ types }) => types.has(type));
      if (applied.length === 0) continue;
      const rules = applied.flatMap((policy) => policy[direction].flatMap((rule) => resolve(rule, policy.namespace)));
      stages.push({ name: `tier ${name}`, rules, otherwise: defaultAction });
    }
    for (const profile of profiles) {
      const rules = profile[direction].flatMap((rule) => resolve(rule));
      stages.push({ name: `profile ${profile.name}`, rules, otherwise: 'Pass' });
    }
    return reachable(stages);
  };
  return { ingress: stagesOf('Ingress'), egress: stagesOf('Egress') };
}

/** Without what no packet ever comes to: rules behind one that decides about everything, stages behind one that passes nothing. */
function reachable(stages: readonly Stage[]): Stage[] {
  const reached: Stage[] = [];
  for (const { name, rules, otherwise } of stages) {
    const last = rules.findIndex(decidesAll);
    const stage: Stage = { name, rules: last === -1 ? rules : rules.slice(0, last + 1), otherwise };
    reached.push(stage);
    const passes = stage.rules.some(({ action }) => action === 'Pass') || (last === -1 && otherwise === 'Pass');
    if (!passes) break;
  }
  return reached;
}

const decidesAll = ({ action, source, destination, ...criteria }: EffectiveRule): boolean =>
  action !== 'Log' &&
  Object.keys(criteria).length === 0 &&
  [source, destination].every(
    ({ ranges, ports, notRanges, notPorts }) =>
      ranges === 'any' && ports === 'any' && notRanges.length === 0 && notPorts.length === 0,
  );

import type { Change, View } from '../store/index.ts';
import { tryDecode } from './codec.ts';
import { effectivePolicy, type ProfileRules, type Tier } from './effective.ts';
import { effectiveRules } from './effective-rules.ts';
import { type CalicoKind, kindOf, nameOf } from './keys.ts';
import { LabelIndex, type Labelled } from './label-index.ts';
import type { EffectivePolicy, EffectiveRule } from './policy.ts';
import { namespaceOf, readLabelled, type SortedPolicy, toPolicy } from './policy-reading.ts';
import { type GlobalNetworkPolicySpec, globalNetworkPolicy, networkPolicy } from './policy-records.ts';
import type { Resource } from './resource.ts';
import { profile, type TierSpec, tier } from './resources.ts';
import { type Rule, rulesOf } from './rule-records.ts';

/**
 * All of a datastore's policies and profiles and whom they name, kept up to date record by record, and what they mean
 * for one endpoint. What Felix could not read counts as absent here, too.
 */
export class PolicyIndex {
  readonly #labels = new LabelIndex();
  readonly #tiers = new Map<string, TierSpec>();
  readonly #policies = new Map<string, SortedPolicy>();
  readonly #profiles = new Map<string, ProfileRules>();
  /** Tiers with their policies, in order; undefined: to be sorted again. */
  #sorted: Tier[] | undefined;
  /** Rules as they were resolved last; empty after any change. */
  #resolved = new Map<Rule, readonly EffectiveRule[]>();

  /**
   * @param id     below `/calico/`
   * @param value  as stored; undefined when deleted
   * @returns whether the rules of any endpoint may be others than before
   */
  apply(id: string, value: Buffer | undefined): boolean {
    const kind = kindOf(id);
    if (!kind || !CONCERNED.has(kind)) return false;
    if (kind === 'tier') this.#setTier(nameOf(id), tryDecode(tier, id, value));
    else if (kind === 'profile') this.#setProfile(id, value);
    else if (kind === 'globalNetworkPolicy') this.#setPolicy(id, tryDecode(globalNetworkPolicy, id, value));
    else if (kind === 'networkPolicy') this.#setPolicy(id, tryDecode(networkPolicy, id, value), namespaceOf(id));
    else this.#labels.set(id, readLabelled(kind, id, value));
    this.#resolved.clear();
    return true;
  }

  /**
   * Says which addresses a network has, all of whose endpoints bear the profile of its name: selectors that mean the
   * network then resolve to these ranges, whoever is in there.
   *
   * @param ranges  undefined: there is no such network any longer
   */
  setNetwork(name: string, ranges: readonly string[] | undefined): void {
    this.#labels.setNetwork(name, ranges);
    this.#resolved.clear();
  }

  /**
   * The rules of a workload's endpoint. Endpoints with the same rules share the lists of them.
   *
   * @param id  of its record, below `/calico/`
   * @returns undefined where there is no such record
   */
  policyOf(id: string): EffectivePolicy | undefined {
    const endpoint = this.#labels.get(id);
    return endpoint && this.policyFor(endpoint);
  }

  /** As `policyOf`, for an endpoint that has no record yet. */
  policyFor(endpoint: Pick<Labelled, 'labels' | 'profiles'>): EffectivePolicy {
    const profiles = endpoint.profiles.map((name) => this.#profiles.get(name) ?? { name, ...NOTHING });
    this.#sorted ??= this.#inOrder();
    return effectivePolicy(this.#labels.labelsOf(endpoint), { tiers: this.#sorted, profiles }, (rule, namespace) =>
      this.#resolve(rule, namespace),
    );
  }

  #resolve(rule: Rule, namespace: string | undefined): readonly EffectiveRule[] {
    let resolved = this.#resolved.get(rule);
    if (!resolved) {
      resolved = effectiveRules(rule, this.#labels, namespace);
      this.#resolved.set(rule, resolved);
    }
    return resolved;
  }

  #setTier(name: string, read: Resource<TierSpec> | undefined): void {
    if (read) this.#tiers.set(name, read.spec);
    else this.#tiers.delete(name);
    this.#sorted = undefined;
  }

  #setProfile(id: string, value: Buffer | undefined): void {
    const name = nameOf(id);
    const spec = tryDecode(profile, id, value)?.spec;
    this.#labels.setProfile(name, spec && (spec.labelsToApply ?? new Map()));
    if (spec) this.#profiles.set(name, { name, ingress: rulesOf(spec.ingress), egress: rulesOf(spec.egress) });
    else this.#profiles.delete(name);
  }

  #setPolicy(id: string, read: Resource<GlobalNetworkPolicySpec> | undefined, namespace?: string): void {
    // What applies before connection tracking or before DNAT is for hosts' own endpoints.
    if (read && !read.spec.doNotTrack && !read.spec.preDNAT) this.#policies.set(id, toPolicy(id, read, namespace));
    else this.#policies.delete(id);
    this.#sorted = undefined;
  }

  /** A tier without a record is left out with its policies; those without an order come last. */
  #inOrder(): Tier[] {
    const policies = [...this.#policies.values()].sort(
      (a, b) =>
        compare(a.order, b.order) || compare(`${a.name}/${a.namespace ?? ''}`, `${b.name}/${b.namespace ?? ''}`),
    );
    return [...this.#tiers]
      .sort(
        ([a, { order: one = Number.POSITIVE_INFINITY }], [b, { order: other = Number.POSITIVE_INFINITY }]) =>
          compare(one, other) || compare(a, b),
      )
      .map(([name, { defaultAction }]) => ({
        name,
        defaultAction: defaultAction === 'Pass' ? 'Pass' : 'Deny',
        policies: policies.filter((policy) => policy.tier === name),
      }));
  }
}

/** Feeds an index with everything of Calico's that a view shows. */
export function policyIndexOf(state: View): PolicyIndex {
  const index = new PolicyIndex();
  for (const { id, value } of state.list('calico')) index.apply(id, value);
  for (const { id, value } of state.list('networks')) index.setNetwork(id, value.ranges ?? [value.cidr]);
  return index;
}

/**
 * Carries changes over into an index that was fed before.
 *
 * @param state  which shows the changes already
 * @returns whether the rules of any endpoint may be others than before
 */
export function followPolicies(index: PolicyIndex, state: View, changes: readonly Change[]): boolean {
  let changed = false;
  for (const { kind, id } of changes) {
    if (kind === 'calico') changed = index.apply(id, state.get('calico', id)?.value) || changed;
    if (kind !== 'networks') continue;
    const network = state.get('networks', id)?.value;
    index.setNetwork(id, network && (network.ranges ?? [network.cidr]));
    changed = true;
  }
  return changed;
}

/** What Felix makes of a profile that does not exist. */
const NOTHING: Omit<ProfileRules, 'name'> = { ingress: [{ action: 'Deny' }], egress: [{ action: 'Deny' }] };

const CONCERNED: ReadonlySet<CalicoKind> = new Set([
  'tier',
  'profile',
  'globalNetworkPolicy',
  'networkPolicy',
  'workloadEndpoint',
  'hostEndpoint',
  'globalNetworkSet',
  'networkSet',
]);

const compare = <T extends number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

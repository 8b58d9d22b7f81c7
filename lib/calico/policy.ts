/**
 * What Calico's policies and profiles mean for one endpoint, as Felix would enforce it: tiers in order, in each the
 * policies that select the endpoint, then its profiles, then nothing.
 */

export type RuleAction = 'Allow' | 'Deny' | 'Log' | 'Pass';

/** Ports from first to last, both included. */
export interface PortRange {
  first: number;
  last: number;
}

/** What one side of a packet must be. All that is given must hold. */
export interface PeerMatch {
  /** CIDRs, of either family, of which one must hold the address. Never empty. */
  ranges: readonly string[] | 'any';
  /** CIDRs of which none may hold it. */
  notRanges: readonly string[];
  ports: readonly PortRange[] | 'any';
  notPorts: readonly PortRange[];
}

/** An ICMP type, and one code of it or all. */
export interface IcmpMatch {
  type: number;
  code?: number;
}

/** A rule with its selectors resolved to addresses. What is absent matches anything. */
export interface EffectiveRule {
  /** Log goes on with the next rule, Pass with the next stage. */
  action: RuleAction;
  ipVersion?: 4 | 6;
  /** IP protocol number. */
  protocol?: number;
  notProtocol?: number;
  icmp?: IcmpMatch;
  notIcmp?: IcmpMatch;
  source: PeerMatch;
  destination: PeerMatch;
}

/** The rules of one tier, or of one profile, in order; the first that matches decides. */
export interface Stage {
  /** `tier default`, `profile blue`. */
  name: string;
  rules: readonly EffectiveRule[];
  /** What becomes of a packet that no rule decided: Pass goes on with the next stage. */
  otherwise: 'Deny' | 'Pass';
}

/**
 * What decides about new connections of an endpoint; packets of established ones go through. The stages are gone
 * through in order; what passes the last one is denied.
 */
export interface EffectivePolicy {
  ingress: readonly Stage[];
  egress: readonly Stage[];
}

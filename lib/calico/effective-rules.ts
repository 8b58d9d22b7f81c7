/** A rule as it is stored, and what it comes to once selectors and named ports are resolved to addresses and numbers. */

import { intersectionOf, unionOf } from './addresses.ts';
import type { EffectiveRule, PeerMatch, PortRange, RuleAction } from './policy.ts';
import { criteriaOf, hasPorts } from './rule-criteria.ts';
import { type EntityRule, parsePorts, type Rule } from './rule-records.ts';
import type { Selector } from './selector.ts';
import { parseSelector } from './selector-parser.ts';

/** Who is behind a selector. */
export interface Directory {
  /** Ranges of all endpoints and network sets that a selector selects. */
  select(selector: Selector): readonly string[];
  /** Who of them has a port of that name, by its number. */
  portsNamed(name: string, protocol: number | undefined, selector: Selector): ReadonlyMap<number, readonly string[]>;
}

/**
 * A rule with its selectors and named ports resolved: several where a port's name stands for several numbers, none
 * where nothing can match.
 */
export function effectiveRules(rule: Rule, directory: Directory, namespace?: string): EffectiveRule[] {
  // Nothing in etcd is behind a Kubernetes service.
  if (rule.source?.services !== undefined || rule.destination?.services !== undefined) return [];
  return criteriaOf(rule).flatMap((criteria) => {
    const context = { directory, namespace, protocol: criteria.protocol, action: rule.action };
    const sources = peers(rule.source ?? {}, context);
    const destinations = peers(rule.destination ?? {}, context);
    return sources.flatMap((source) => destinations.map((destination) => ({ ...criteria, source, destination })));
  });
}

interface Context {
  directory: Directory;
  namespace: string | undefined;
  protocol: number | undefined;
  action: RuleAction;
}

/** One side of a rule; several where ports are named, none where nobody is meant, or ports of a protocol without. */
function peers(entity: EntityRule, { directory, namespace, protocol, action }: Context): PeerMatch[] {
  const { ports = [], notPorts = [] } = entity;
  if (ports.length > 0 && !hasPorts(protocol)) return [];
  const selector = selectorOf(entity, namespace);
  let ranges: readonly string[] | 'any' = entity.nets?.length ? unionOf(entity.nets) : 'any';
  if (selector) ranges = narrowed(ranges, directory.select(selector));
  // With a selector of its own, exceptions are part of it: both are about endpoints.
  const excluded = !selector && entity.notSelector ? directory.select(parseSelector(entity.notSelector)) : [];
  const shared = {
    notRanges: unionOf(entity.notNets ?? [], excluded),
    notPorts: excludedPorts(hasPorts(protocol) ? notPorts : [], action, (name) =>
      directory.portsNamed(name, protocol, selector ?? { op: 'all' }).keys(),
    ),
  };
  const { numbers, names } = splitPorts(ports);
  const matched: PeerMatch[] = [];
  if (numbers.length > 0 || names.length === 0) {
    matched.push({ ...shared, ranges, ports: numbers.length > 0 ? numbers : 'any' });
  }
  for (const name of names) {
    for (const [port, bearers] of directory.portsNamed(name, protocol, selector ?? { op: 'all' })) {
      matched.push({ ...shared, ranges: narrowed(ranges, bearers), ports: [{ first: port, last: port }] });
    }
  }
  return matched.filter((peer) => peer.ranges === 'any' || peer.ranges.length > 0);
}

const narrowed = (ranges: readonly string[] | 'any', to: readonly string[]): readonly string[] =>
  ranges === 'any' ? to : intersectionOf(ranges, to);

function splitPorts(ports: readonly (number | string)[]): { numbers: PortRange[]; names: string[] } {
  const numbers: PortRange[] = [];
  const names: string[] = [];
  for (const port of ports) {
    const range = parsePorts(port);
    if (range) numbers.push(range);
    else names.push(String(port));
  }
  return { numbers, names };
}

/** A named port is of certain endpoints, an exception is of all: whichever lets less through counts. */
function excludedPorts(
  ports: readonly (number | string)[],
  action: RuleAction,
  numbersOf: (name: string) => Iterable<number>,
): PortRange[] {
  const { numbers, names } = splitPorts(ports);
  if (action === 'Deny') return numbers;
  const named = names.flatMap((name) => [...numbersOf(name)]).map((port) => ({ first: port, last: port }));
  return [...numbers, ...named];
}

/** What Calico puts in front of the labels of namespaces and of service accounts. */
const PREFIXES = { namespace: 'pcns.', serviceAccount: 'pcsa.' } as const;
const NAMESPACE = 'projectcalico.org/namespace';
const SERVICE_ACCOUNT = 'projectcalico.org/serviceaccount';
const IN_A_NAMESPACE: Selector = { op: 'has', label: NAMESPACE };

/** The selectors of one side of a rule as one; undefined where it has none. */
function selectorOf(entity: EntityRule, namespace: string | undefined): Selector | undefined {
  const { names = [], selector: accounts } = entity.serviceAccounts ?? {};
  const operands: Selector[] = [];
  if (names.length > 0) operands.push({ op: 'in', label: SERVICE_ACCOUNT, values: names });
  if (accounts) operands.push(prefixed(parseSelector(accounts), PREFIXES.serviceAccount));
  if (entity.selector) operands.push(parseSelector(entity.selector));
  if (entity.namespaceSelector) {
    operands.push(namespaceSelector(entity.namespaceSelector));
  } else if (namespace !== undefined && (operands.length > 0 || entity.notSelector)) {
    operands.push({ op: '==', label: NAMESPACE, value: namespace });
  }
  if (operands.length === 0) return undefined;
  if (entity.notSelector) operands.push({ op: '!', operand: parseSelector(entity.notSelector) });
  return allOf(operands);
}

/** A selector of a policy about namespaces, as one about endpoints. */
export const namespaceSelector = (text: string): Selector => prefixed(parseSelector(text), PREFIXES.namespace);

/** A selector of a policy about service accounts, as one about endpoints. */
export const serviceAccountSelector = (text: string): Selector =>
  prefixed(parseSelector(text), PREFIXES.serviceAccount);

export const allOf = (operands: readonly Selector[]): Selector => {
  const [only] = operands;
  return operands.length === 1 && only ? only : { op: '&&', operands };
};

function prefixed(selector: Selector, prefix: string): Selector {
  if (selector.op === 'all')
    return prefix === PREFIXES.namespace ? IN_A_NAMESPACE : { op: 'has', label: SERVICE_ACCOUNT };
  if (selector.op === 'global') return { op: '!', operand: IN_A_NAMESPACE };
  if ('label' in selector) return { ...selector, label: `${prefix}${selector.label}` };
  if ('operand' in selector) return { ...selector, operand: prefixed(selector.operand, prefix) };
  return { ...selector, operands: selector.operands.map((operand) => prefixed(operand, prefix)) };
}

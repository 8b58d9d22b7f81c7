/** What Calico's selectors mean: expressions over labels, in policies, profiles and pools. What compares unequal also matches where the label is missing. */

export type Selector =
  | { op: 'all' }
  /** In a namespace selector: what is in no namespace. */
  | { op: 'global' }
  | { op: 'has'; label: string }
  | { op: Comparison; label: string; value: string }
  | { op: 'in' | 'not in'; label: string; values: readonly string[] }
  | { op: '!'; operand: Selector }
  | { op: '&&' | '||'; operands: readonly Selector[] };

export type Comparison = '==' | '!=' | 'contains' | 'starts with' | 'ends with';

/** Labels of an endpoint or a network set; a map is one. */
export interface Labels {
  get(label: string): string | undefined;
}

/** Whether a selector selects what bears these labels. */
export function matches(selector: Selector, labels: Labels): boolean {
  switch (selector.op) {
    case 'all':
    case 'global':
      return true;
    case '&&':
      return selector.operands.every((operand) => matches(operand, labels));
    case '||':
      return selector.operands.some((operand) => matches(operand, labels));
    case '!':
      return !matches(selector.operand, labels);
  }
  const value = labels.get(selector.label);
  switch (selector.op) {
    case 'has':
      return value !== undefined;
    case '==':
      return value === selector.value;
    case '!=':
      return value !== selector.value;
    case 'contains':
      return value?.includes(selector.value) ?? false;
    case 'starts with':
      return value?.startsWith(selector.value) ?? false;
    case 'ends with':
      return value?.endsWith(selector.value) ?? false;
    case 'in':
      return value !== undefined && selector.values.includes(value);
    case 'not in':
      return value === undefined || !selector.values.includes(value);
  }
}

/** Every label that a selector looks at. */
export function labelsIn(selector: Selector): Set<string> {
  if ('label' in selector) return new Set([selector.label]);
  if ('operand' in selector) return labelsIn(selector.operand);
  if ('operands' in selector) return new Set(selector.operands.flatMap((operand) => [...labelsIn(operand)]));
  return new Set();
}

/**
 * Labels of which whatever is selected bears at least one: where to look instead of everywhere.
 *
 * @returns undefined where something without any label in particular may be selected
 */
export function labelsNeeded(selector: Selector): ReadonlySet<string> | undefined {
  switch (selector.op) {
    case 'all':
    case 'global':
    case '!':
    case '!=':
    case 'not in':
      return undefined;
    case '||': {
      const needed = selector.operands.map(labelsNeeded);
      return needed.every((labels) => labels !== undefined)
        ? new Set(needed.flatMap((labels) => [...labels]))
        : undefined;
    }
    case '&&': {
      const needed = selector.operands.flatMap((operand) => labelsNeeded(operand) ?? []);
      return needed.length === 0 ? undefined : needed.reduce((best, next) => (next.size < best.size ? next : best));
    }
    default:
      return new Set([selector.label]);
  }
}

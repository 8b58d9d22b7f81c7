import type { Selector } from '../../../lib/calico/index.ts';

/** A selector in Calico's notation; parsing it gives the same. */
export function formatSelector(selector: Selector): string {
  switch (selector.op) {
    case 'all':
    case 'global':
      return `${selector.op}()`;
    case 'has':
      return `has(${selector.label})`;
    case '!':
      return `!${nested(selector.operand)}`;
    case '&&':
    case '||':
      return selector.operands.map(nested).join(` ${selector.op} `);
    case 'in':
    case 'not in':
      return `${selector.label} ${selector.op} {${selector.values.map(quoted).join(', ')}}`;
    default:
      return `${selector.label} ${selector.op} ${quoted(selector.value)}`;
  }
}

const nested = (selector: Selector): string => {
  const compound = selector.op === '&&' || selector.op === '||' || selector.op === '!';
  return compound ? `(${formatSelector(selector)})` : formatSelector(selector);
};

const quoted = (value: string): string => (value.includes('"') ? `'${value}'` : `"${value}"`);

import { type Form, show } from '../field.ts';
import { DNS_LABEL, isDnsLabel } from '../names.ts';

/** Each is an interface, an address and a route of every container. */
const MOST = 16;

/** Names of networks, in order: a list, or a text with commas between them. */
export const names: Form<string[]> = (value, field) => {
  const items: unknown = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value;
  if (!Array.isArray(items)) return field.wrong({ found: show(value), expected: 'a list of names, or one' });
  if (items.length > MOST) return field.wrong({ found: `${items.length} names`, expected: `at most ${MOST}` });
  const found: string[] = [];
  for (const [i, name] of items.entries()) {
    const at = Array.isArray(value) ? field.at(i) : field;
    if (typeof name !== 'string' || !isDnsLabel(name)) at.wrong({ found: show(name), expected: DNS_LABEL });
    else if (found.includes(name)) at.wrong({ found: `${name} a second time`, expected: 'each network once' });
    else found.push(name);
  }
  return found;
};

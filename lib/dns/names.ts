import type { Address } from '../addresses/index.ts';

/** Octets of a name on the wire, its length bytes and the root's among them (RFC 1035 §2.3.4). */
const MAX_NAME = 255;
/** SRV names begin some labels with an underscore (RFC 2782). */
const LABEL = /^[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9])?$/;

/** Whether text can be a name in a zone: lower case, no dot at its end, not too long. */
export const isDomainName = (text: string): boolean =>
  text.length + 2 <= MAX_NAME && text.split('.').every((label) => LABEL.test(label));

/** Whether a name is a zone or lies in it: `a.berth` in `berth`. */
export const isWithin = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`);

/** The zones that all reverse names lie in, by family. */
export const REVERSE = { 4: 'in-addr.arpa', 6: 'ip6.arpa' } as const;

/** What precedes `REVERSE` in the reverse name of an address: `5.0.64.10` (RFC 1035 §3.5), nibbles for IPv6 (RFC 3596 §2.5). */
export function reverseLabels({ family, value }: Address): string {
  const [count, bits] = family === 4 ? [4, 8] : [32, 4];
  const mask = (1n << BigInt(bits)) - 1n;
  const parts = Array.from({ length: count }, (_, i) => (value >> BigInt(bits * i)) & mask);
  return parts.map((part) => part.toString(family === 4 ? 10 : 16)).join('.');
}

import ipaddr from 'ipaddr.js';
import { BerthError } from '../errors/index.ts';

/** An IP address as a number, so that ranges of both families are computed alike. */
export interface Address {
  family: 4 | 6;
  value: bigint;
}

/** A canonical range of addresses: no bit of `base` is set below the prefix. */
export interface Cidr {
  family: 4 | 6;
  base: bigint;
  prefix: number;
}

/** Of an address of each family. */
export const BITS = { 4: 32, 6: 128 } as const;

/**
 * @param text  `10.64.0.5` or `fd00::5`
 * @throws BERTH_INVALID
 */
export function parseAddress(text: string): Address {
  const address = tryParseAddress(text);
  if (!address) throw new BerthError('BERTH_INVALID', 'not an IP address', { found: text, expected: '10.64.0.5' });
  return address;
}

/** As Go's net.IP prints it: dotted for IPv4, RFC 5952 for IPv6. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) {
    const number = Number(value);
    return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
  }
  const bytes = Array.from({ length: 16 }, (_, i) => Number((value >> BigInt(8 * (15 - i))) & 255n));
  return ipaddr.fromByteArray(bytes).toString();
}

/**
 * @param text  `10.64.0.0/24`; the host's bits must be zero
 * @throws BERTH_INVALID
 */
export function parseCidr(text: string): Cidr {
  const cidr = tryParseCidr(text);
  if (!cidr) {
    throw new BerthError('BERTH_INVALID', 'not a range of addresses', {
      found: text,
      expected: 'a masked range such as 10.64.0.0/24',
    });
  }
  return cidr;
}

/** As `parseCidr`, for text that others wrote and that may be anything. */
export function tryParseCidr(text: string): Cidr | undefined {
  const [, host, digits] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = host === undefined ? undefined : tryParseAddress(host);
  const prefix = Number(digits);
  if (!address || prefix > BITS[address.family]) return undefined;
  const cidr = rangeAround(address, prefix);
  return cidr.base === address.value ? cidr : undefined;
}

export const formatCidr = (cidr: Cidr): string => `${formatAddress(firstAddress(cidr))}/${cidr.prefix}`;

/** The range of this prefix length that holds the address. */
export function rangeAround({ family, value }: Address, prefix: number): Cidr {
  const shift = BigInt(BITS[family] - prefix);
  return { family, base: (value >> shift) << shift, prefix };
}

/** How many addresses there are, network and broadcast among them: Calico hands out those, too. */
export const sizeOf = ({ family, prefix }: Cidr): bigint => 1n << BigInt(BITS[family] - prefix);

export const firstAddress = ({ family, base }: Cidr): Address => ({ family, value: base });

/** The address that many places after the first. */
export const addressAt = ({ family, base }: Cidr, ordinal: number): Address => ({
  family,
  value: base + BigInt(ordinal),
});

/** @returns the place of an address within a range, counted from 0; undefined when it is outside */
export function ordinalOf(cidr: Cidr, address: Address): number | undefined {
  if (cidr.family !== address.family) return undefined;
  const ordinal = address.value - cidr.base;
  return ordinal >= 0n && ordinal < sizeOf(cidr) ? Number(ordinal) : undefined;
}

export const contains = (outer: Cidr, inner: Cidr): boolean =>
  outer.family === inner.family &&
  inner.prefix >= outer.prefix &&
  inner.base >= outer.base &&
  inner.base < outer.base + sizeOf(outer);

export const overlaps = (a: Cidr, b: Cidr): boolean => contains(a, b) || contains(b, a);

/** How many ranges of that prefix length a range divides into; 0 when it is smaller itself. */
export const countOfSubnets = (cidr: Cidr, prefix: number): number =>
  prefix < cidr.prefix ? 0 : 2 ** (prefix - cidr.prefix);

/** The n-th range of that prefix length within a range. */
export const subnetAt = (cidr: Cidr, prefix: number, index: number): Cidr => ({
  family: cidr.family,
  base: cidr.base + (BigInt(index) << BigInt(BITS[cidr.family] - prefix)),
  prefix,
});

// Nearly every address is one of these, and they are many: not through a general parser.
const DOTTED = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** As `parseAddress`, for text that others wrote and that may be anything. */
export function tryParseAddress(text: string): Address | undefined {
  const dotted = DOTTED.exec(text);
  if (dotted) {
    let value = 0;
    for (let i = 1; i <= 4; i++) {
      const digits = dotted[i]!;
      // A leading zero is octal to some readers and decimal to others: refused, as Go does.
      if (Number(digits) > 255 || (digits.length > 1 && digits.startsWith('0'))) return undefined;
      value = value * 256 + Number(digits);
    }
    return { family: 4, value: BigInt(value) };
  }
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const bytes = ipaddr.IPv6.parse(text).toByteArray();
  return { family: 6, value: bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) };
}

/** An address as `formatAddress` writes it, so that equal ones are equal as text; anything else as it is. */
export function canonicalAddress(text: string): string {
  const address = tryParseAddress(text);
  return address ? formatAddress(address) : text;
}

/** Names and record data on the wire (RFC 1035 §3 and §4.1.4), and the text that zone files write for them (§5, RFC 3597). */

import { formatAddress, tryParseAddress } from '../addresses/index.ts';
import { BerthError } from '../errors/index.ts';

/** The types that berth writes or has to tell apart. Others are `TYPE<n>`, as RFC 3597 has them. */
const TYPES: ReadonlyMap<string, number> = new Map([
  ['A', 1],
  ['CNAME', 5],
  ['SOA', 6],
  ['PTR', 12],
  ['TXT', 16],
  ['AAAA', 28],
  ['SRV', 33],
  ['TSIG', 250],
  ['AXFR', 252],
  ['ANY', 255],
]);
const NAMES = new Map([...TYPES].map(([name, number]) => [number, name]));

export const typeNumber = (name: string): number => TYPES.get(name) ?? Number(name.slice('TYPE'.length));
export const typeName = (number: number): string => NAMES.get(number) ?? `TYPE${number}`;

export const malformed = (what: string): BerthError =>
  new BerthError('BERTH_DNS', `a name server's message cannot be read: ${what}`);

/** A name, never compressed. `''` is the root. */
export function encodeName(name: string): Buffer {
  const labels = name === '' ? [] : name.split('.').map((label) => Buffer.from(label, 'latin1'));
  return Buffer.concat([...labels.flatMap((label) => [Buffer.of(label.length), label]), Buffer.of(0)]);
}

/**
 * @param at  where the name begins in the message; pointers lead to earlier places in it
 * @returns the name in lower case, without a dot at its end, and where it ends
 * @throws BERTH_DNS
 */
export function decodeName(message: Buffer, at: number): { name: string; end: number } {
  const labels: string[] = [];
  let end: number | undefined;
  let here = at;
  for (let length = 1; ; ) {
    const byte = message[here];
    if (byte === undefined) throw malformed('a name goes on beyond its end');
    if ((byte & 0xc0) === 0xc0) {
      const target = ((byte & 0x3f) << 8) | (message[here + 1] ?? 0);
      end ??= here + 2;
      // Each pointer leads backwards, so that none can lead round in a circle.
      if (target >= here) throw malformed('a name points forwards');
      here = target;
    } else if (byte > 63) throw malformed('a label of an unknown kind');
    else if (byte === 0) return { name: labels.join('.'), end: end ?? here + 1 };
    else {
      length += byte + 1;
      if (length > 255) throw malformed('a name of more than 255 octets');
      labels.push(message.toString('latin1', here + 1, here + 1 + byte).toLowerCase());
      here += byte + 1;
    }
  }
}

/** @param text  as in a zone file, with names that are complete and have no dot at their end; `''` for no data */
export function encodeData(type: string, text: string): Buffer {
  if (text === '') return Buffer.alloc(0);
  if (type === 'A' || type === 'AAAA') return addressBytes(text, type === 'A' ? 4 : 16);
  if (type === 'PTR' || type === 'CNAME') return encodeName(text);
  if (type === 'SRV') {
    const [priority = '', weight = '', port = '', target = ''] = text.split(' ');
    const numbers = Buffer.alloc(6);
    for (const [i, number] of [priority, weight, port].entries()) numbers.writeUInt16BE(Number(number), 2 * i);
    return Buffer.concat([numbers, encodeName(target)]);
  }
  return Buffer.from(text.split(' ')[2] ?? '', 'hex');
}

/** The inverse of `encodeData`; what has no text of its own is `\# <length> <hex>` (RFC 3597 §5). @throws BERTH_DNS */
export function decodeData(type: string, message: Buffer, start: number, length: number): string {
  if (length === 0) return '';
  if (start + length > message.length) throw malformed('a record goes on beyond its end');
  const data = message.subarray(start, start + length);
  if ((type === 'A' && length === 4) || (type === 'AAAA' && length === 16)) {
    return formatAddress({ family: type === 'A' ? 4 : 6, value: BigInt(`0x${data.toString('hex')}`) });
  }
  if (type === 'PTR' || type === 'CNAME') return decodeName(message, start).name;
  if (type === 'SRV' && length > 6) {
    const numbers = [0, 2, 4].map((at) => data.readUInt16BE(at));
    return [...numbers, decodeName(message, start + 6).name].join(' ');
  }
  return `\\# ${length} ${data.toString('hex')}`;
}

function addressBytes(text: string, length: number): Buffer {
  const value = tryParseAddress(text)?.value;
  if (value === undefined)
    throw new BerthError('BERTH_INTERNAL', 'a record with an address that is none', { found: text });
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
}

/** Signatures of DNS messages by a shared key: TSIG, RFC 8945. */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { BerthError } from '../errors/index.ts';
import type { Decoded, RawTsig } from './message.ts';
import { decodeName, encodeName, malformed } from './wire.ts';

export type TsigAlgorithm = 'hmac-sha224' | 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';

export interface TsigKey {
  name: string;
  algorithm: TsigAlgorithm;
  /** Never logged, never in a message. */
  secret: Buffer;
}

/** Seconds that the clocks of both sides may differ (RFC 8945 §10). */
const FUDGE = 300;
const TSIG = 250;
const ANY = 255;

/** What a server says of a signature (RFC 8945 §3). */
export const TSIG_ERRORS: ReadonlyMap<number, string> = new Map([
  [16, 'BADSIG'],
  [17, 'BADKEY'],
  [18, 'BADTIME'],
  [22, 'BADTRUNC'],
]);

/** A TSIG record's data, parsed. */
export interface TsigData {
  algorithm: string;
  /** Seconds since the epoch. */
  time: number;
  fudge: number;
  mac: Buffer;
  originalId: number;
  error: number;
  other: Buffer;
}

interface Signing {
  key: TsigKey;
  /** Seconds since the epoch. */
  time: number;
}

/**
 * Signs a request.
 *
 * @param message  without a signature
 * @returns the message with its TSIG record, and the MAC, which the answer's signature covers
 */
export function sign(message: Buffer, { key, time }: Signing): { bytes: Buffer; mac: Buffer } {
  const data = { algorithm: key.algorithm, time, fudge: FUDGE, originalId: message.readUInt16BE(0), error: 0 };
  const mac = hmac(key, [message, variables(key, { ...data, other: Buffer.alloc(0) })]);
  return { bytes: withTsig(message, key, { ...data, mac, other: Buffer.alloc(0) }), mac };
}

/**
 * Verifies the answers to one signed request, in order. In a transfer of many messages some may come without a
 * signature; the next one covers them (RFC 8945 §5.3.1).
 */
export class Verifier {
  readonly #key: TsigKey;
  #mac: Buffer;
  #first = true;
  /** Messages since the last signature. */
  #unsigned: Buffer[] = [];

  /** @param mac  of the request */
  constructor(key: TsigKey, mac: Buffer) {
    this.#key = key;
    this.#mac = mac;
  }

  /** Whether everything so far is covered by a signature. */
  get complete(): boolean {
    return this.#unsigned.length === 0 && !this.#first;
  }

  /**
   * @param time  now, in seconds since the epoch
   * @throws BERTH_DNS when the signature is missing, wrong or too old
   */
  verify(bytes: Buffer, message: Decoded, time: number): void {
    const { tsig } = message;
    if (!tsig) {
      if (this.#first || this.#unsigned.length >= 99) throw untrusted('it is not signed');
      this.#unsigned.push(bytes);
      return;
    }
    const data = parseTsig(tsig);
    if (tsig.name !== this.#key.name.toLowerCase() || data.algorithm !== this.#key.algorithm) {
      throw untrusted(`it is signed with the key ${tsig.name}`);
    }
    const parts = [uint(this.#mac.length, 2), this.#mac, ...this.#unsigned, stripped(bytes, tsig, data)];
    const expected = hmac(this.#key, [...parts, this.#first ? variables(this.#key, data) : timers(data)]);
    if (data.mac.length !== expected.length || !timingSafeEqual(data.mac, expected))
      throw untrusted('its signature is wrong');
    if (Math.abs(time - data.time) > data.fudge && data.error === 0) throw untrusted('its time is not ours');
    this.#mac = data.mac;
    this.#first = false;
    this.#unsigned = [];
  }
}

const untrusted = (why: string): BerthError =>
  new BerthError('BERTH_DNS', `a name server's answer is not to be trusted: ${why}`);

/** @throws BERTH_DNS */
export function parseTsig({ data }: RawTsig): TsigData {
  const { name: algorithm, end } = decodeName(data, 0);
  if (end + 10 > data.length) throw malformed('a signature that is cut off');
  const size = data.readUInt16BE(end + 8);
  const rest = end + 10 + size;
  if (rest + 6 > data.length) throw malformed('a signature that is cut off');
  return {
    ...{ algorithm, time: data.readUIntBE(end, 6), fudge: data.readUInt16BE(end + 6) },
    ...{ mac: data.subarray(end + 10, rest), originalId: data.readUInt16BE(rest), error: data.readUInt16BE(rest + 2) },
    other: data.subarray(rest + 6, rest + 6 + data.readUInt16BE(rest + 4)),
  };
}

const hmac = ({ algorithm, secret }: TsigKey, parts: readonly Buffer[]): Buffer =>
  createHmac(algorithm.slice('hmac-'.length), secret).update(Buffer.concat(parts)).digest();

const uint = (value: number, bytes: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
};

/** The message as it was before its signature (RFC 8945 §4.3.2). */
function stripped(bytes: Buffer, { start }: RawTsig, { originalId }: TsigData): Buffer {
  const message = Buffer.from(bytes.subarray(0, start));
  message.writeUInt16BE(originalId, 0);
  message.writeUInt16BE(message.readUInt16BE(10) - 1, 10);
  return message;
}

const timers = ({ time, fudge }: Pick<TsigData, 'time' | 'fudge'>): Buffer =>
  Buffer.concat([uint(time, 6), uint(fudge, 2)]);

/** RFC 8945 §4.3.3 */
const variables = (key: TsigKey, data: Pick<TsigData, 'time' | 'fudge' | 'error' | 'other'>): Buffer =>
  Buffer.concat([
    ...[encodeName(key.name.toLowerCase()), uint(ANY, 2), uint(0, 4), encodeName(key.algorithm), timers(data)],
    ...[uint(data.error, 2), uint(data.other.length, 2), data.other],
  ]);

function withTsig(message: Buffer, key: TsigKey, data: TsigData): Buffer {
  const rdata = Buffer.concat([
    ...[encodeName(data.algorithm), timers(data), uint(data.mac.length, 2), data.mac],
    ...[uint(data.originalId, 2), uint(data.error, 2), uint(data.other.length, 2), data.other],
  ]);
  const header = Buffer.from(message);
  header.writeUInt16BE(header.readUInt16BE(10) + 1, 10);
  const fixed = [uint(TSIG, 2), uint(ANY, 2), uint(0, 4), uint(rdata.length, 2)];
  return Buffer.concat([header, encodeName(key.name.toLowerCase()), ...fixed, rdata]);
}

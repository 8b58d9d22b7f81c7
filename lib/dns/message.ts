/** DNS messages (RFC 1035 §4.1) and the meaning that UPDATE gives to their sections (RFC 2136 §2). */

import { decodeData, decodeName, encodeData, encodeName, malformed, typeName, typeNumber } from './wire.ts';

export const OPCODE = { QUERY: 0, UPDATE: 5 } as const;
export const CLASS = { IN: 1, NONE: 254, ANY: 255 } as const;

/** What a server answers, by number (RFC 1035 §4.1.1, RFC 2136 §2.2). */
export const RCODES = [
  ...['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'],
  ...['YXDOMAIN', 'YXRRSET', 'NXRRSET', 'NOTAUTH', 'NOTZONE'],
] as const;

export interface Question {
  name: string;
  type: string;
}

export interface ResourceRecord {
  name: string;
  type: string;
  /** Of `CLASS`; UPDATE gives some of them a meaning. */
  class: number;
  /** Seconds. */
  ttl: number;
  /** As in a zone file; `''` where there is none. */
  data: string;
}

export interface Message {
  id: number;
  opcode: number;
  response: boolean;
  /** Of an answer. */
  rcode: number;
  /** UPDATE: the zone. */
  questions: Question[];
  /** UPDATE: the prerequisites. */
  answers: ResourceRecord[];
  /** UPDATE: what is to be changed. */
  authority: ResourceRecord[];
}

export interface Decoded extends Message {
  /** The message's own signature, which is always its last record (RFC 8945 §5.1). */
  tsig?: RawTsig;
}

/** A TSIG record as it stands in a message. */
export interface RawTsig {
  /** Where it begins: what precedes it is what was signed. */
  start: number;
  /** Of the key. */
  name: string;
  data: Buffer;
}

/** A message without a signature. Names are not compressed: signed bytes are then the same for everybody. */
export function encodeMessage(message: Message): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(message.id, 0);
  header.writeUInt16BE((message.response ? 0x8000 : 0) | (message.opcode << 11) | message.rcode, 2);
  for (const [i, section] of [message.questions, message.answers, message.authority].entries()) {
    header.writeUInt16BE(section.length, 4 + 2 * i);
  }
  return Buffer.concat([
    header,
    ...message.questions.map(({ name, type }) =>
      Buffer.concat([encodeName(name), uint16(typeNumber(type)), uint16(CLASS.IN)]),
    ),
    ...[...message.answers, ...message.authority].map(encodeRecord),
  ]);
}

/** @throws BERTH_DNS */
export function decodeMessage(bytes: Buffer): Decoded {
  if (bytes.length < 12) throw malformed('shorter than its header');
  const flags = bytes.readUInt16BE(2);
  const count = (section: number): number => bytes.readUInt16BE(4 + 2 * section);
  let at = 12;
  const questions = Array.from({ length: count(0) }, () => {
    const { name, end } = decodeName(bytes, at);
    if (end + 4 > bytes.length) throw malformed('a question goes on beyond its end');
    at = end + 4;
    return { name, type: typeName(bytes.readUInt16BE(end)) };
  });
  let tsig: RawTsig | undefined;
  const records = (section: number): ResourceRecord[] =>
    Array.from({ length: count(section) }, () => {
      const { record, data, end } = decodeRecord(bytes, at);
      tsig = record.type === 'TSIG' ? { start: at, name: record.name, data } : undefined;
      at = end;
      return record;
    });
  const answers = records(1);
  const authority = records(2);
  records(3);
  return {
    ...{ id: bytes.readUInt16BE(0), opcode: (flags >> 11) & 15, response: flags >= 0x8000, rcode: flags & 15 },
    ...{ questions, answers, authority },
    ...(tsig && { tsig }),
  };
}

const uint16 = (value: number): Buffer => Buffer.of(value >> 8, value & 255);

function encodeRecord(record: ResourceRecord): Buffer {
  const data = encodeData(record.type, record.data);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(typeNumber(record.type), 0);
  fixed.writeUInt16BE(record.class, 2);
  fixed.writeUInt32BE(record.ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([encodeName(record.name), fixed, data]);
}

function decodeRecord(bytes: Buffer, at: number): { record: ResourceRecord; data: Buffer; end: number } {
  const { name, end: fixed } = decodeName(bytes, at);
  if (fixed + 10 > bytes.length) throw malformed('a record goes on beyond its end');
  const type = typeName(bytes.readUInt16BE(fixed));
  const length = bytes.readUInt16BE(fixed + 8);
  const start = fixed + 10;
  const record = {
    ...{ name, type, class: bytes.readUInt16BE(fixed + 2), ttl: bytes.readUInt32BE(fixed + 4) },
    data: decodeData(type, bytes, start, length),
  };
  return { record, data: bytes.subarray(start, start + length), end: start + length };
}

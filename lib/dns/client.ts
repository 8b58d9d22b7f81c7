import { BerthError } from '../errors/index.ts';
import { type Clock, integer, type Random, withTimeout } from '../platform/index.ts';
import { NameServerRefused, refusalIn, TransferBroken } from './failure.ts';
import {
  CLASS,
  type Decoded,
  decodeMessage,
  encodeMessage,
  type Message,
  OPCODE,
  type ResourceRecord,
} from './message.ts';
import { sign, type TsigKey, Verifier } from './tsig.ts';
import { malformed } from './wire.ts';

/** A primary name server. Messages to it are signed where it has a key. */
export interface NameServer {
  /** IP address or host name. */
  address: string;
  port: number;
  key?: TsigKey;
}

/** All records of one name and type. */
export interface Rrset {
  /** Complete, lower case, without a dot at its end. */
  name: string;
  type: 'A' | 'AAAA' | 'SRV' | 'PTR';
  /** Seconds. */
  ttl: number;
  /** As in a zone file, names as above. Empty: there are none. */
  data: string[];
}

/** What berth asks of name servers. Each call makes one attempt: an update within `ANSWER_WITHIN`, a transfer within `TRANSFER_WITHIN`. */
export interface Dns {
  /**
   * Makes these record sets exactly so, all of them or none; others stay as they are (RFC 2136). Idempotent.
   *
   * @throws `NameServerRefused` when the server says no; BERTH_DNS, when it cannot be reached or its answer not trusted:
   *   then the change may have been made or not
   */
  update(server: NameServer, zone: string, rrsets: readonly Rrset[], signal?: AbortSignal): Promise<void>;
  /**
   * All records of a zone, by a transfer (AXFR, RFC 5936).
   *
   * @throws as `update`; `TransferBroken` when the server began to answer and did not end as it should
   */
  transfer(server: NameServer, zone: string, signal?: AbortSignal): Promise<ResourceRecord[]>;
}

/** A stream of DNS messages to and from one server: TCP, RFC 7766. */
export interface Connection {
  send(message: Buffer): void;
  /** The next message. @throws when the connection ends first */
  receive(): Promise<Buffer>;
  close(): void;
}

export interface Transport {
  open(address: string, port: number, signal: AbortSignal): Promise<Connection>;
}

/**
 * Milliseconds. Shorter than what is left of a lease when its holder stops to trust it, so that what an old leader sent
 * has arrived or never will when the next one begins.
 */
const ANSWER_WITHIN = 4000;
/** Milliseconds for a whole zone, each message of which comes within `ANSWER_WITHIN`: it changes nothing, whoever leads. */
const TRANSFER_WITHIN = 60_000;

/** Speaks to real servers through a transport. All of it goes by TCP: an update may be large, and has to arrive once. */
export function createDns({ transport, clock, random }: { transport: Transport; clock: Clock; random: Random }): Dns {
  const seconds = () => Math.floor(clock.now() / 1000);

  /** Sends a request and reads answers until `done`; connection and answers come within `ANSWER_WITHIN` each. */
  async function ask(
    server: NameServer,
    request: Message,
    { done, within }: { done: (answer: Decoded) => boolean; within: number },
    outer?: AbortSignal,
  ): Promise<void> {
    const { address, port, key } = server;
    const place = `${address}:${port}`;
    const asked = { server: place, zone: request.questions[0]?.name ?? '', key };
    const late = () =>
      new BerthError('BERTH_DNS', `the name server ${place} does not answer within ${ANSWER_WITHIN / 1000} s`);
    const endless = () =>
      new BerthError('BERTH_DNS', `the name server ${place} does not end its answer within ${within / 1000} s`);
    const patiently = <T>(step: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) =>
      withTimeout(clock, ANSWER_WITHIN, late, step, signal);
    let heard = false;
    let connection: Connection | undefined;
    try {
      await withTimeout(
        clock,
        within,
        within > ANSWER_WITHIN ? endless : late,
        async (signal) => {
          const opened = await patiently((step) => transport.open(address, port, step), signal);
          connection = opened;
          if (signal.aborted) return opened.close();
          const plain = encodeMessage(request);
          const signed = key && sign(plain, { key, time: seconds() });
          opened.send(signed?.bytes ?? plain);
          const verifier = key && signed && new Verifier(key, signed.mac);
          for (let finished = false; !finished; ) {
            const bytes = await patiently(() => opened.receive(), signal);
            heard = true;
            const answer = decodeMessage(bytes);
            if (answer.id !== request.id || !answer.response) throw malformed('it answers something else');
            // What a server cannot verify it refuses without a signature (RFC 8945 §5.2).
            const refusal = refusalIn(answer, asked);
            if (refusal) throw refusal;
            verifier?.verify(bytes, answer, seconds());
            finished = done(answer);
          }
          if (verifier && !verifier.complete) throw malformed('its end is not signed');
        },
        outer,
      );
    } catch (error) {
      if (outer?.aborted || error instanceof NameServerRefused) throw error;
      if (heard && request.opcode === OPCODE.QUERY) throw new TransferBroken(place, error);
      if (error instanceof BerthError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new BerthError('BERTH_DNS', `the name server ${place} cannot be reached: ${why}`, { cause: error });
    } finally {
      connection?.close();
    }
  }

  const message = (opcode: number, zone: string, type: string): Message => ({
    ...{ id: integer(random, 2 ** 16), opcode, response: false, rcode: 0 },
    ...{ questions: [{ name: zone, type }], answers: [], authority: [] },
  });

  return {
    update: (server, zone, rrsets, signal) =>
      ask(
        server,
        { ...message(OPCODE.UPDATE, zone, 'SOA'), authority: rrsets.flatMap(replacing) },
        { done: () => true, within: ANSWER_WITHIN },
        signal,
      ),
    async transfer(server, zone, signal) {
      const records: ResourceRecord[] = [];
      let ends = 0;
      const take = ({ answers }: Decoded): boolean => {
        if (answers.length === 0 || (records.length === 0 && answers[0]?.type !== 'SOA')) {
          throw new NameServerRefused('NOTAUTH', `no transfer of ${zone}`, 'the server gave no whole zone');
        }
        for (const record of answers) records.push(record);
        // A transfer begins and ends with the zone's SOA record.
        ends += answers.filter(({ type }) => type === 'SOA').length;
        return ends >= 2;
      };
      await ask(server, message(OPCODE.QUERY, zone, 'AXFR'), { done: take, within: TRANSFER_WITHIN }, signal);
      return records.slice(0, -1);
    },
  };
}

/** Delete the whole set, then add each record (RFC 2136 §2.5.2 and §2.5.1): the sections are applied in order. */
const replacing = ({ name, type, ttl, data }: Rrset): ResourceRecord[] => [
  { name, type, class: CLASS.ANY, ttl: 0, data: '' },
  ...data.map((text) => ({ name, type, class: CLASS.IN, ttl, data: text })),
];

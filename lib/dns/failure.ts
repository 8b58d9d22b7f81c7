import { BerthError, messageOf } from '../errors/index.ts';
import { type Decoded, RCODES } from './message.ts';
import { parseTsig, TSIG_ERRORS, type TsigKey } from './tsig.ts';

/** A name server answered that it will not. */
export class NameServerRefused extends BerthError {
  /** `REFUSED`, `NOTAUTH`, `BADKEY`, … */
  readonly answer: string;

  constructor(answer: string, message: string, hint: string) {
    super('BERTH_DNS', message, { found: answer, hint });
    this.answer = answer;
  }
}

/** A name server began to send a zone, and did not end, or sent what cannot be read. It may take updates nevertheless. */
export class TransferBroken extends BerthError {
  /** @param server  `192.0.2.53:53` */
  constructor(server: string, cause: unknown) {
    super('BERTH_DNS', `the name server ${server} did not send its zone: ${messageOf(cause)}`, { cause });
  }
}

interface Asked {
  /** `192.0.2.53:53` */
  server: string;
  zone: string;
  key: TsigKey | undefined;
}

/** What a server's answer says was wrong, if anything: with what to do about it. */
export function refusalIn(answer: Decoded, asked: Asked): NameServerRefused | undefined {
  const { rcode, tsig } = answer;
  const error = tsig ? parseTsig(tsig).error : 0;
  if (rcode === 0 && error === 0) return undefined;
  const word = error === 0 ? (RCODES[rcode] ?? `RCODE ${rcode}`) : (TSIG_ERRORS.get(error) ?? `TSIG error ${error}`);
  const message = `the name server ${asked.server} does not take what berth asks of the zone ${asked.zone}`;
  return new NameServerRefused(word, message, adviceOn(word, asked));
}

function adviceOn(word: string, { zone, key }: Asked): string {
  const name = key?.name ?? '';
  switch (word) {
    case 'BADKEY':
      return `the server does not know a key ${name} of ${key?.algorithm}: name and algorithm must be as in its configuration`;
    case 'BADSIG':
      return `the secret of the key ${name} is not the server's: write the one of its configuration into spec.dns.servers[].key`;
    case 'BADTIME':
      return 'the clocks of the server and of the controllers differ by more than 5 minutes: set them by NTP';
    case 'REFUSED':
      return key
        ? `allow the key ${name} to change the zone: allow-update or update-policy in BIND`
        : 'the server wants updates to be signed: give it a key in spec.dns.servers[].key';
    case 'NOTAUTH':
      return `the server is no primary of ${zone}: add the zone to it, or correct spec.dns.zone and spec.dns.reverseZones`;
    case 'SERVFAIL':
      return "the server failed; its log says why, often that it may not write the zone's file";
    case 'NOTIMP':
      return 'the server takes no dynamic updates (RFC 2136)';
    default:
      return "see the server's log";
  }
}

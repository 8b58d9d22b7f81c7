/** Dynamic updates of name servers: RFC 2136, signed by TSIG (RFC 8945), over TCP. */

export {
  type Connection,
  createDns,
  type Dns,
  type NameServer,
  type Rrset,
  type Transport,
} from './client.ts';
export { NameServerRefused, TransferBroken } from './failure.ts';
export { parseKeySecret } from './key.ts';
export { PaperNameServer, paperDns } from './memory.ts';
export type { ResourceRecord } from './message.ts';
export { isDomainName, isWithin, REVERSE, reverseLabels } from './names.ts';
export { tcpTransport } from './tcp.ts';
export type { TsigAlgorithm, TsigKey } from './tsig.ts';

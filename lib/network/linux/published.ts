import { createHash } from 'node:crypto';
import type { Attachment } from '../host.ts';
import { addressOf } from './interfaces.ts';
import { chain, declaration, FAMILIES, WORDS } from './nft.ts';

/**
 * Published ports: on every address of the host, to others (prerouting) and to the host itself (output), there also on
 * 127.0.0.1; the kernel forwards from there only because of route_localnet. They come after Docker's own chains
 * (priority -100): who published a port before us keeps it. Ports in `taken` are somebody else's, as the batch found.
 *
 * A flow of UDP that has an entry in the kernel's table of connections would go to where it went for as long as its
 * client speaks, whatever the maps say by then. So entries live in a zone (original direction only: answers are found
 * without) of the container that the port is of: when that changes or is gone, its flows are no longer found.
 */
export function publishedPorts(attachments: readonly Attachment[]): { sets: string[]; chains: string[] } {
  const translate = FAMILIES.flatMap((family) =>
    PROTOCOLS.map(
      (protocol) =>
        `meta nfproto ${WORDS[family].protocol} fib daddr type local dnat ${WORDS[family].header} to ${protocol} dport map @${mapOf(protocol, family)}`,
    ),
  );
  const separate = 'fib daddr type local ct original zone set udp dport map @zones';
  return {
    sets: [
      declaration('set taken', 'type inet_proto . inet_service', []),
      declaration('map zones', 'typeof udp dport : ct zone', zones(attachments)),
      ...FAMILIES.flatMap((family) => [
        ...PROTOCOLS.map((protocol) =>
          declaration(
            `map ${mapOf(protocol, family)}`,
            `type inet_service : ${WORDS[family].type} . inet_service`,
            targets(attachments, protocol, family),
          ),
        ),
        declaration(
          `set hairpin${family}`,
          `type ${WORDS[family].type} . ${WORDS[family].type}`,
          hairpins(attachments, family),
        ),
      ]),
    ],
    chains: [
      chain('flows', ['type filter hook prerouting priority raw; policy accept;', separate]),
      chain('flows-of-the-host', ['type filter hook output priority raw; policy accept;', separate]),
      chain('prerouting', ['type nat hook prerouting priority -99; policy accept;', SKIP_TAKEN, ...translate]),
      chain('output', ['type nat hook output priority -99; policy accept;', SKIP_TAKEN, ...translate]),
    ],
  };
}

/** What a container asks of its own published port would come from itself, and go unanswered. */
export const hairpinStatements = (): string[] =>
  FAMILIES.map((family) => {
    const { header } = WORDS[family];
    return `ct status dnat ${header} saddr . ${header} daddr @hairpin${family} masquerade`;
  });

const PROTOCOLS = ['tcp', 'udp'] as const;
type Protocol = (typeof PROTOCOLS)[number];

const SKIP_TAKEN = 'meta l4proto . th dport @taken return';
const mapOf = (protocol: Protocol, family: 4 | 6): string => `published_${protocol}${family}`;

/** Ports lead to the first interface that has an address of the family. */
const publicAddress = ({ interfaces }: Attachment, family: 4 | 6): string | undefined =>
  interfaces.map((each) => addressOf(each, family)).find((address) => address !== undefined);

const targets = (attachments: readonly Attachment[], protocol: Protocol, family: 4 | 6): string[] =>
  attachments.flatMap((attachment) => {
    const address = publicAddress(attachment, family);
    const ports = address ? attachment.ports.filter((each) => each.protocol === protocol) : [];
    return ports.map(({ host, port }) => `${host} : ${address} . ${port}`);
  });

const zones = (attachments: readonly Attachment[]): string[] =>
  attachments.flatMap(({ uid, ports }) =>
    ports.filter(({ protocol }) => protocol === 'udp').map(({ host, port }) => `${host} : ${zoneOf(`${uid} ${port}`)}`),
  );

/** 1 to 65535; 0 is everybody's. */
const zoneOf = (target: string): number => 1 + (createHash('sha256').update(target).digest().readUInt16BE() % 65_535);

const hairpins = (attachments: readonly Attachment[], family: 4 | 6): string[] =>
  attachments.flatMap((attachment) => {
    const address = attachment.ports.length > 0 ? publicAddress(attachment, family) : undefined;
    return address ? [`${address} . ${address}`] : [];
  });

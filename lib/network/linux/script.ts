/**
 * The two scripts that a host runs, as POSIX shell: `applyScript` makes a plan so, `readScript` tells what is there.
 * They need iproute2, nftables and util-linux, which `hostpool` prepares. Pure: a plan in, text out.
 */

import { readFileSync } from 'node:fs';
import { BerthError } from '../../errors/index.ts';
import { fenceVariables, type HostFence, RAISE_FENCE, STATE_DIRECTORY } from '../../fence/index.ts';
import { quote } from '../../ssh/index.ts';
import type { Attachment, HostNetworkPlan } from '../host.ts';
import { addressOf, gatewayOf } from './interfaces.ts';
import {
  aliasOf,
  GATEWAY,
  GATEWAY_MAC,
  GATEWAY6,
  NETNS_DIRECTORY,
  RUN_DIRECTORY,
  runDirectory,
  tableOf,
} from './names.ts';
import { FAMILIES, familyOf } from './nft.ts';
import { rulesOf } from './rules.ts';

/** They lie beside this file, in the sources and where it was built. */
const shell = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

const [STATE, INSIDE, APPLY, READ] = ['state.sh', 'inside.sh', 'apply.sh', 'read.sh'].map(shell);

export function applyScript(plan: HostNetworkPlan, fence: HostFence): string {
  const { installation, attachments } = plan;
  const interfaces = attachments.flatMap((attachment) => attachment.interfaces);
  const settings = {
    installation,
    label: aliasOf(installation),
    table: tableOf(installation),
    run: runDirectory(installation),
    netns: NETNS_DIRECTORY,
    gateway_mac: GATEWAY_MAC,
    ...fenceVariables(fence, installation),
    wanted_namespaces: lines(attachments.map(({ namespace }) => namespace)),
    wanted_interfaces: lines(interfaces.map(({ hostInterface }) => hostInterface)),
    wanted_routes: lines(routesOf(plan)),
    wanted_ports: lines(attachments.flatMap(({ ports }) => ports.map(({ protocol, host }) => `${protocol} ${host}`))),
    // Felix decides itself what is forwarded.
    families: FAMILIES.filter(
      (family) => plan.dataplane !== 'felix' && interfaces.some((each) => addressOf(each, family)),
    )
      .map((family) => (family === 4 ? 'iptables' : 'ip6tables'))
      .join(' '),
    rules: rulesOf(plan),
  };
  return [
    ...Object.entries(settings).map(([name, value]) => `${name}=${quote(value)}`),
    // Called once for each step, with the step's name: `$1_namespace` and so on are functions of the batch.
    'attachments() {',
    ':',
    ...attachments.flatMap(attachmentLines),
    '}',
    STATE,
    RAISE_FENCE,
    INSIDE,
    APPLY,
  ].join('\n');
}

export const readScript = (): string =>
  [
    `netns=${quote(NETNS_DIRECTORY)}`,
    `runs=${quote(RUN_DIRECTORY)}`,
    `states=${quote(STATE_DIRECTORY)}`,
    STATE,
    READ,
  ].join('\n');

/** Other hosts' blocks and our own; beside Felix they are Felix's. */
function routesOf({ routes, ownBlocks, attachments, dataplane }: HostNetworkPlan): string[] {
  if (dataplane === 'felix') return [];
  const gateways = attachments.flatMap(({ interfaces }) => interfaces.flatMap((each) => each.gateways ?? []));
  return [
    ...routes.map(({ to, via }) => `${asShown(to)} via ${plain(via)}`),
    // What nobody has in our own blocks is nobody's: without this it would leave by the default route, and come back.
    ...ownBlocks.filter((block) => !/\/(32|128)$/.test(block)).map((block) => `blackhole ${plain(block)}`),
    // The host answers for a next hop that it has a way to, and that way is another interface.
    ...[...new Set(gateways)].map((gateway) => `${plain(gateway)} dev lo`),
  ];
}

function attachmentLines({ uid, namespace, pid, interfaces }: Attachment): string[] {
  return [
    call('namespace', [uid, namespace, pid === undefined ? '' : whole(pid)]),
    ...interfaces.map((each, index) =>
      call('interface', [
        ...[each.name, each.hostInterface, each.mac, each.mtu === undefined ? '' : whole(each.mtu), whole(index)],
        ...[addressOf(each, 4) ?? '', addressOf(each, 6) ?? ''],
        ...[gatewayOf(each, 4) ?? GATEWAY, gatewayOf(each, 6) ?? GATEWAY6, ...(each.subnets ?? [])],
      ]),
    ),
    call('end', []),
  ];
}

const call = (verb: string, words: readonly string[]): string =>
  `"$1_${verb}" ${words.map((word) => quote(plain(word))).join(' ')}`.trimEnd();

const lines = (words: readonly string[]): string => words.join('\n');

/** As `ip route` prints a destination: a single address without its prefix length. */
const asShown = (to: string): string => plain(to.replace(familyOf(to) === 4 ? /\/32$/ : /\/128$/, ''));

/** What goes into `ip -batch` has no quoting: a word with a blank in it would be two. */
function plain(word: string): string {
  if (/^[\w.:/-]*$/.test(word)) return word;
  throw new BerthError('BERTH_INTERNAL', 'not a word for a batch of commands', { found: JSON.stringify(word) });
}

function whole(number: number): string {
  if (Number.isSafeInteger(number)) return String(number);
  throw new BerthError('BERTH_INTERNAL', 'not a whole number', { found: String(number) });
}

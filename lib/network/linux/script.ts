/**
 * The two scripts that a host runs, as POSIX shell: `applyScript` makes a plan so, `readScript` tells what is there.
 * They need iproute2, nftables and util-linux, which `hostpool` prepares. Pure: a plan in, text out.
 */

import { BerthError } from '../../errors/index.ts';
import { fenceVariables, type HostFence } from '../../fence/index.ts';
import { quote } from '../../ssh/index.ts';
import type { HostNetworkPlan } from '../host.ts';
import { APPLY, READ } from './batch.ts';
import { aliasOf, GATEWAY, GATEWAY_MAC, NETNS_DIRECTORY, runDirectory, tableOf } from './names.ts';
import { rulesOf } from './rules.ts';

export function applyScript(plan: HostNetworkPlan, fence: HostFence): string {
  const { installation, attachments } = plan;
  const settings = {
    label: aliasOf(installation),
    table: tableOf(installation),
    run: runDirectory(installation),
    netns: NETNS_DIRECTORY,
    gateway: GATEWAY,
    gateway_mac: GATEWAY_MAC,
    ...fenceVariables(fence, installation),
    wanted_namespaces: lines(attachments.map(({ namespace }) => namespace)),
    wanted_interfaces: lines(attachments.flatMap(({ interfaces }) => interfaces.map((each) => each.hostInterface))),
    wanted_routes: lines([
      ...plan.routes.map(({ to, via }) => `${asShown(to)} via ${plain(via)}`),
      // What nobody has in our own blocks is nobody's: without this it would leave by the default route, and come back.
      ...plan.ownBlocks.filter((block) => !block.endsWith('/32')).map((block) => `blackhole ${plain(block)}`),
    ]),
    rules: rulesOf(plan),
  };
  return [
    ...Object.entries(settings).map(([name, value]) => `${name}=${quote(value)}`),
    // Called once for each step, with the step's name: `$1_namespace` and so on are functions of the batch.
    'attachments() {',
    ':',
    ...attachments.flatMap(attachmentLines),
    '}',
    APPLY,
  ].join('\n');
}

export const readScript = (): string => `netns=${quote(NETNS_DIRECTORY)}\n${READ}`;

function attachmentLines({ uid, namespace, pid, interfaces }: HostNetworkPlan['attachments'][number]): string[] {
  return [
    call('namespace', [uid, namespace, pid === undefined ? '' : whole(pid)]),
    ...interfaces.map(({ name, hostInterface, address, mac, mtu, subnets = [] }, index) =>
      call('interface', [
        name,
        hostInterface,
        address,
        mac,
        mtu === undefined ? '' : whole(mtu),
        whole(index),
        ...subnets,
      ]),
    ),
    call('end', []),
  ];
}

const call = (verb: string, words: readonly string[]): string =>
  `"$1_${verb}" ${words.map((word) => quote(plain(word))).join(' ')}`.trimEnd();

const lines = (words: readonly string[]): string => words.join('\n');

/** As `ip route` prints a destination: a single address without its prefix length. */
const asShown = (to: string): string => plain(to.replace(/\/32$/, ''));

/** What goes into `ip -batch` has no quoting: a word with a blank in it would be two. */
function plain(word: string): string {
  if (/^[\w.:/-]*$/.test(word)) return word;
  throw new BerthError('BERTH_INTERNAL', 'not a word for a batch of commands', { found: JSON.stringify(word) });
}

function whole(number: number): string {
  if (Number.isSafeInteger(number)) return String(number);
  throw new BerthError('BERTH_INTERNAL', 'not a whole number', { found: String(number) });
}

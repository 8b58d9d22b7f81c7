import { readFileSync } from 'node:fs';
import { ordinalOf, tryParseAddress, tryParseCidr } from '../../addresses/index.ts';
import { fenceVariables, type HostFence, RAISE_FENCE } from '../../fence/index.ts';
import type { DockerCloudSpec } from '../../records/index.ts';
import { quote } from '../../ssh/index.ts';
import type { Attachment, HostNetworkPlan } from '../host.ts';
import { NETNS_DIRECTORY, runDirectory } from '../linux/names.ts';

export type CniSettings = NonNullable<DockerCloudSpec['network']['cni']>;
type Interface = Attachment['interfaces'][number];
type Plugin = CniSettings['plugins'][number];

/** They lie beside this file, in the sources and where it was built. */
const shell = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

const [STATE, APPLY, READ] = ['state.sh', 'apply.sh', 'read.sh'].map(shell);

/** The batch that makes a plan so with the plugins of the user's list. Pure: a plan in, text out. */
export function applyScript(plan: HostNetworkPlan, settings: CniSettings, fence: HostFence): string {
  const { installation, attachments } = plan;
  const variables = {
    netns: NETNS_DIRECTORY,
    run: runDirectory(installation),
    cni_path: settings.binDir,
    ...fenceVariables(fence, installation),
    wanted_namespaces: attachments.map(({ namespace }) => namespace).join('\n'),
    wanted_attachments: attachments
      .flatMap(({ uid, interfaces }) => interfaces.map(({ name }) => `${uid}~${name}`))
      .join('\n'),
  };
  return [
    ...Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`),
    // Called once for each step, with the step's name: `$1_namespace` and so on are functions of the batch.
    'attachments() {',
    ':',
    ...attachments.flatMap((attachment) => attachmentLines(attachment, settings)),
    '}',
    STATE,
    RAISE_FENCE,
    APPLY,
  ].join('\n');
}

export const readScript = (): string => [`netns=${quote(NETNS_DIRECTORY)}`, STATE, READ].join('\n');

function attachmentLines(attachment: Attachment, settings: CniSettings): string[] {
  const { uid, namespace, pid, interfaces, ports } = attachment;
  const lines = [call('namespace', [uid, namespace, pid === undefined ? '' : String(pid)])];
  if (ports.length > 0 && !settings.plugins.some((plugin) => declares(plugin, 'portMappings')))
    lines.push(call('refused', ['no plugin of spec.network.cni.plugins declares the capability portMappings']));
  if (interfaces.some((link) => link.address6 !== undefined) && !takesTwo(settings))
    lines.push(
      call('refused', ['no plugin of spec.network.cni.plugins declares the capability ips, for two addresses']),
    );
  for (const [index, link] of interfaces.entries()) {
    const configurations = pluginConfigurations(link, index === 0 ? ports : [], settings);
    lines.push(
      call('interface', [
        link.name,
        argumentsFor(link, settings),
        ...configurations.flatMap(({ type, text }) => [type, text]),
      ]),
    );
  }
  return lines;
}

const call = (verb: string, words: readonly string[]): string => `"$1_${verb}" ${words.map(quote).join(' ')}`;

/**
 * What each plugin of the list is told on standard input, but for `prevResult`, which is added on the host
 * (CNI specification, section 3, "Deriving execution configuration from network configuration").
 *
 * @param ports  published ports of this interface
 */
export function pluginConfigurations(
  link: Interface,
  ports: Attachment['ports'],
  { cniVersion, plugins }: CniSettings,
): { type: string; text: string }[] {
  const offered: Record<string, unknown> = {
    ips: addressesOf(link),
    mac: link.mac,
    portMappings: ports.map(({ host, port, protocol }) => ({ hostPort: host, containerPort: port, protocol })),
  };
  return plugins.map((plugin) => {
    const { type, capabilities: _, ...given } = plugin;
    const wanted = Object.entries(offered).filter(([name]) => declares(plugin, name));
    const configuration = {
      cniVersion,
      name: link.network ?? 'berth',
      type,
      ...given,
      ...(wanted.length > 0 && { runtimeConfig: Object.fromEntries(wanted) }),
    };
    return { type: String(type), text: JSON.stringify(configuration) };
  });
}

function declares({ capabilities }: Plugin, name: string): boolean {
  return (
    typeof capabilities === 'object' &&
    capabilities !== null &&
    Object.entries(capabilities).some(([key, on]) => key === name && on === true)
  );
}

/**
 * CNI_ARGS: the address once more, where no plugin takes it by the capability `ips`. An IPAM plugin that is told both would
 * count it twice; `static` wants prefix lengths and takes several with commas between them, others take one address alone.
 */
function argumentsFor(link: Interface, settings: CniSettings): string {
  if (takesIps(settings)) return 'IgnoreUnknown=1';
  return `IgnoreUnknown=1;IP=${isStatic(settings) ? addressesOf(link).join(',') : link.address}`;
}

const takesIps = ({ plugins }: CniSettings): boolean => plugins.some((plugin) => declares(plugin, 'ips'));
const isStatic = ({ plugins }: CniSettings): boolean =>
  plugins.some(({ ipam }) => typeof ipam === 'object' && ipam !== null && 'type' in ipam && ipam.type === 'static');
/** Whether the list can be offered an address of each family. */
const takesTwo = (settings: CniSettings): boolean => takesIps(settings) || isStatic(settings);

/** The addresses that berth chose, with the prefix length of the network's range that each lies in. */
const addressesOf = ({ address, address6, subnets = [] }: Interface): string[] =>
  [address, ...(address6 === undefined ? [] : [address6])].map((each) => {
    const parsed = tryParseAddress(each);
    const around = subnets.map(tryParseCidr).find((cidr) => cidr && parsed && ordinalOf(cidr, parsed) !== undefined);
    return `${each}/${around?.prefix ?? (parsed?.family === 6 ? 128 : 32)}`;
  });

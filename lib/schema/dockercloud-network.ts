import { formatAddress, tryParseAddress } from '../addresses/index.ts';
import { parseSelector } from '../calico/index.ts';
import { isCode } from '../errors/index.ts';
import type { DockerCloudSpec } from '../records/index.ts';
import type { Field } from './field.ts';

type Network = DockerCloudSpec['network'];

/**
 * What a provider cannot do is refused, naming both fields: a setting that is accepted and ignored would be a lie.
 *
 * @param field  `spec.network`
 */
export function checkCloudNetwork(network: Network, field: Field): void {
  checkProvider(network, field);
  if (network.provider === 'calico') checkCalico(network, field);
  if (network.provider === 'cni') checkCni(network, field);
}

/** The settings of each provider alone; `needs` says whether it can go without. */
function checkProvider(
  { provider, encapsulation, bgp, wireguard, calico, cni, natOutgoing, mtu }: Network,
  field: Field,
) {
  const only = (owner: Network['provider'], name: string, found: string | undefined) => {
    if (found === undefined || provider === owner) return;
    field.at(name).wrong({ found, expected: `spec.network.provider ${owner}; it is ${provider}` });
  };
  only('calico', 'encapsulation', encapsulation === 'none' ? undefined : encapsulation);
  only('calico', 'bgp', bgp && 'settings');
  only('calico', 'wireguard', wireguard ? 'true' : undefined);
  only('calico', 'calico', calico && 'settings');
  only('cni', 'cni', cni && 'settings');
  if (provider !== 'cni') return;
  const plugins = 'the plugins of spec.network.cni to say it, with spec.network.provider cni';
  if (!natOutgoing) field.at('natOutgoing').wrong({ found: 'false', expected: plugins });
  if (mtu !== undefined) field.at('mtu').wrong({ found: String(mtu), expected: plugins });
}

function checkCalico({ calico, encapsulation, bgp }: Network, field: Field): void {
  if (!calico) {
    field.at('calico').wrong({ found: 'nothing', expected: 'etcd.endpoints, with spec.network.provider calico' });
    return;
  }
  const { endpoints, caFile, certFile, keyFile, userFile } = calico.etcd;
  const etcd = field.at('calico', 'etcd');
  const pair = (certFile === undefined) === (keyFile === undefined);
  if (!pair) {
    const [there, missing] = certFile === undefined ? ['keyFile', 'certFile'] : ['certFile', 'keyFile'];
    etcd.at(there).wrong({ found: `no ${missing}`, expected: `certFile and keyFile together, or neither` });
  }
  if (certFile !== undefined && userFile !== undefined)
    etcd.at('userFile').wrong({ found: 'certFile as well', expected: 'either userFile or certFile' });
  const plain = endpoints.findIndex((url) => url.startsWith('http:'));
  if (plain !== -1 && (caFile ?? certFile) !== undefined)
    etcd.at('endpoints', plain).wrong({ found: endpoints[plain]!, expected: 'https with caFile or certFile' });
  checkPeers(bgp?.peers ?? [], encapsulation, field.at('bgp', 'peers'));
}

type Peers = NonNullable<Network['bgp']>['peers'];

/** Calico has a record for each router, and reads none whose selector it cannot parse. */
function checkPeers(peers: Peers, encapsulation: string, field: Field): void {
  const known = new Set<string>();
  for (const [index, { address, hosts }] of peers.entries()) {
    const at = field.at(index, 'address');
    const parsed = tryParseAddress(address);
    if (!parsed) at.wrong({ found: address, expected: 'an IP address' });
    else if (parsed.family === 6 && encapsulation.startsWith('ipip'))
      at.wrong({ found: address, expected: `an IPv4 address with spec.network.encapsulation ${encapsulation}` });
    else if (known.has(formatAddress(parsed))) at.wrong({ found: address, expected: 'each router once' });
    else known.add(formatAddress(parsed));
    checkSelector(hosts, field.at(index, 'hosts'));
  }
}

/** It is written in brackets beside one for the cloud: they take part of the nesting, and nothing in them is no selector. */
function checkSelector(text: string, field: Field): void {
  try {
    parseSelector(text);
    parseSelector(`(${text})`);
  } catch (error) {
    if (!isCode(error, 'BERTH_SYNTAX')) throw error;
    const { found, expected } = error.details;
    field.wrong({ found: found ?? text, expected: `a selector of Calico’s, here ${expected}` });
  }
}

/** What a plugin's program may be called: it is looked for in directories. */
const PROGRAM = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** What berth fills in. */
const FILLED_IN = ['name', 'cniVersion', 'prevResult', 'runtimeConfig'];

function checkCni({ cni }: Network, field: Field): void {
  if (!cni) {
    field.at('cni').wrong({ found: 'nothing', expected: 'plugins, with spec.network.provider cni' });
    return;
  }
  for (const [index, plugin] of cni.plugins.entries()) {
    const at = field.at('cni', 'plugins', index);
    if (typeof plugin.type !== 'string' || !PROGRAM.test(plugin.type))
      at.at('type').wrong({
        found: JSON.stringify(plugin.type) ?? 'nothing',
        expected: 'the name of a plugin’s program',
      });
    for (const name of FILLED_IN)
      if (name in plugin) at.at(name).wrong({ found: name, expected: 'a field that berth does not fill in itself' });
  }
}

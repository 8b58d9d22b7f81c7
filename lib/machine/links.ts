import { createHash } from 'node:crypto';
import type { Engine } from '../docker/index.ts';
import { BerthError } from '../errors/index.ts';
import type { HostNetwork } from '../network/index.ts';
import type { CloudSecrets, DockerCloudSpec } from '../records/index.ts';
import type { Shell, Ssh, SshTarget } from '../ssh/index.ts';
import type { HostLink, HostLinks } from './location.ts';

type Host = Parameters<HostLinks['link']>[0];

export interface HostLinksOptions {
  ssh: Ssh;
  /** Commands on this machine, for engines on a socket. */
  local: Shell;
  /** Engines by how they are reached. */
  engines: {
    tls(address: string, port: number, certificates: { ca: string; certificate: string; key: string }): Engine;
    unix(path: string): Engine;
  };
  /** Who makes the network of a cloud's hosts. @throws BERTH_NOT_SUPPORTED_YET */
  network(shell: Shell, spec: DockerCloudSpec['network']): HostNetwork;
  /** Into machines that exist on paper. @throws BERTH_ENGINE_UNREACHABLE where there is none of that name */
  hollow(host: string): { engine: Engine; network: HostNetwork };
  /** Private keys by which machines that the user named let us in, in order: the file, or the user's own keys. */
  userKeys(privateKeyFile: string | undefined): Promise<string[]>;
}

/**
 * The way to each host, kept while address, certificates and keys stay the same; when one changes, the next call gets a
 * new link and the old one closes. Connections are made at the first use, not here.
 */
export function createHostLinks(options: HostLinksOptions): HostLinks {
  const links = new Map<string, { identity: string; link: HostLink }>();
  const drop = (host: string) => {
    const known = links.get(host);
    links.delete(host);
    known?.link.engine.close();
    known?.link.shell?.close();
  };
  return {
    link(host, secrets, spec) {
      const identity = identityOf(host, secrets, spec);
      const known = links.get(host.name);
      if (known?.identity === identity) return known.link;
      const link = connect(host, secrets, spec, options);
      drop(host.name);
      links.set(host.name, { identity, link });
      return link;
    },
    drop,
  };
}

/** Equal for what needs no new connection. Hashed: keys of a map are not the place for private keys. */
function identityOf(host: Host, secrets: CloudSecrets | undefined, spec: DockerCloudSpec): string {
  const parts = [host.address, host.ssh, host.engine, secrets, spec.ssh, spec.network, usesOwnMachines(spec)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}

function connect(
  host: Host,
  secrets: CloudSecrets | undefined,
  spec: DockerCloudSpec,
  { ssh, local, engines, network, hollow, userKeys }: HostLinksOptions,
): HostLink {
  const unreachable = (what: string) =>
    new BerthError('BERTH_ENGINE_UNREACHABLE', `the host has no ${what} yet`, {
      place: `hosts/${host.cloud}/${host.name}`,
    });
  const endpoint = host.engine;
  if (!endpoint) throw unreachable('engine');
  if (endpoint.kind === 'unix')
    return { engine: engines.unix(endpoint.path), shell: local, network: network(local, spec.network) };
  if (endpoint.kind === 'hollow') return hollow(host.name);
  if (!host.address) throw unreachable('address');
  if (!secrets) throw unreachable('certificates');
  if (!host.ssh) throw unreachable('SSH');

  const shell = ssh.shell(() => targetOf(host, host.ssh!, secrets, spec, userKeys));
  const engine = engines.tls(host.address, endpoint.port, {
    ca: secrets.ca.certificate,
    certificate: secrets.client.certificate,
    key: secrets.client.key,
  });
  return { engine, shell, network: network(shell, spec.network) };
}

async function targetOf(
  { address }: Host,
  { user, port, hostKey }: NonNullable<Host['ssh']>,
  secrets: CloudSecrets,
  spec: DockerCloudSpec,
  userKeys: HostLinksOptions['userKeys'],
): Promise<SshTarget> {
  // Machines that a location makes let the cloud's key in; machines of the user's own let in whom the user said.
  const own = usesOwnMachines(spec) ? await userKeys(spec.ssh.privateKeyFile) : [];
  const keys = spec.ssh.privateKeyFile ? [...own, secrets.ssh.privateKey] : [secrets.ssh.privateKey, ...own];
  return {
    address,
    port,
    user,
    hostKeys: hostKey === '' ? [] : hostKey.split(' '),
    privateKey: keys[0]!,
    otherKeys: keys.slice(1),
  };
}

const usesOwnMachines = ({ location }: DockerCloudSpec): boolean => location.some(({ driver }) => driver === 'byon');

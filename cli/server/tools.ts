import { readFile } from 'node:fs/promises';
import { containerTools } from '../../controllers/container/tools.ts';
import { discoveryTools } from '../../controllers/discovery/index.ts';
import { createHostpoolTools } from '../../controllers/hostpool/index.ts';
import { ippoolTools } from '../../controllers/ippool/index.ts';
import type { Tools } from '../../controllers/tools.ts';
import { createDns, tcpTransport } from '../../lib/dns/index.ts';
import { createDockerEngine, type Engine } from '../../lib/docker/index.ts';
import { BerthError } from '../../lib/errors/index.ts';
import {
  createByon,
  createHostLinks,
  createLocalhost,
  createSandbox,
  Hollow,
  type HostLink,
  here,
  missingHere,
} from '../../lib/machine/index.ts';
import { networkOn, providerOf } from '../../lib/network/providers/index.ts';
import type { Clock, Log, Random } from '../../lib/platform/index.ts';
import type { Sealer } from '../../lib/secrets/index.ts';
import { createSsh, localShell } from '../../lib/ssh/index.ts';
import type { View } from '../../lib/store/index.ts';

/** What the controllers of a real process reach the world through. */
export interface RealTools {
  tools: Tools;
  /** The way to a host, by its name. @throws BERTH_ENGINE_UNREACHABLE while the records do not say enough */
  linkTo(host: string, state: View): Promise<HostLink>;
  /** Drops the connections to a host that is no more. */
  forget(host: string): void;
  /** Ends all connections. */
  close(): void;
}

/** The engine's socket on this machine, as Docker's own client finds it. */
export const dockerSocket = (env: Readonly<Record<string, string | undefined>>): string =>
  env.DOCKER_HOST?.startsWith('unix://') ? env.DOCKER_HOST.slice('unix://'.length) : '/var/run/docker.sock';

/** Real machines, engines and networks, over SSH, TLS and the socket of this machine's engine. */
export function createTools(given: {
  clock: Clock;
  random: Random;
  log: Log;
  sealer: Sealer;
  /** Path of this machine's engine. */
  socket: string;
}): RealTools {
  const { clock, log, sealer, socket } = given;
  const ssh = createSsh({ clock, log: log.child({ part: 'ssh' }) });
  const hollow = new Hollow(given);
  let local: Engine | undefined;
  const engine = (): Engine => {
    local ??= createDockerEngine({ socketPath: socket }, { clock });
    return local;
  };
  const links = createHostLinks({
    ssh,
    local: localShell({ clock }),
    engines: {
      tls: (host, port, { ca, certificate, key }) =>
        createDockerEngine({ host, port, ca, cert: certificate, key }, { clock }),
      unix: (socketPath) => createDockerEngine({ socketPath }, { clock }),
    },
    network: (shell, spec) => providerOf(spec).network(shell, spec),
    hollow: (host) => hollow.connect(host),
    userKeys: here.userKeys,
  });
  const hostpool = createHostpoolTools({
    links,
    sealer,
    readLocal: here.readLocal,
    locations: {
      hollow,
      sandbox: createSandbox({ clock, engine, missingCapabilities: missingHere }),
      byon: createByon({ knownHosts: here.knownHosts, resolve: here.resolve }),
      localhost: createLocalhost({ engine, socket, address: here.address }),
    },
  });

  async function linkTo(name: string, state: View): Promise<HostLink> {
    const record = state.by('hosts', 'name', name)[0]?.value;
    const cloud = record && state.get('accepted/dockerclouds', record.cloud)?.value;
    if (!cloud) throw new BerthError('BERTH_ENGINE_UNREACHABLE', `nothing is known of the host ${name}`);
    const credentials = state.get('credentials', record.cloud);
    const spec = { ...cloud.spec, network: networkOn(cloud.spec.network, record) };
    return links.link({ name, ...record }, credentials && (await hostpool.vault.open(credentials)), spec);
  }

  const discovery = discoveryTools({
    dns: createDns({ ...given, transport: tcpTransport }),
    sealer,
    readFile: (path) => readFile(path, 'utf8'),
  });

  return {
    tools: { hostpool, ippool: ippoolTools(), container: containerTools({ linkTo }), discovery },
    linkTo,
    forget: links.drop,
    close() {
      ssh.close();
      local?.close();
    },
  };
}

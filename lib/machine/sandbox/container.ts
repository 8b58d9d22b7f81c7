import { allPrivileges, type CreateOptions } from '../../docker/index.ts';
import type { MachineRequest } from '../location.ts';

export const DEFAULT_IMAGE = 'berth-machine:latest';
export const MACHINE_LABEL = 'io.berth.machine';
export const INSTALLATION_LABEL = 'io.berth.installation';

/** The name is the client token: a second create of the same host is refused by the engine. */
export const containerName = (host: string): string => `berth-machine-${host}`;

/**
 * A machine as a container that can run an engine of its own.
 *
 * @param missing  capabilities that this machine cannot give. Without any the container is privileged; otherwise it gets
 *   what there is, as seen to work where `--privileged` is refused for want of CAP_SYS_RESOURCE
 */
export function machineContainer(
  {
    host,
    cloud,
    installation,
    location,
    sshPublicKey,
  }: Pick<MachineRequest, 'host' | 'cloud' | 'installation' | 'location' | 'sshPublicKey'>,
  missing: readonly string[],
): CreateOptions {
  const sandbox = location.driver === 'sandbox' ? location : undefined;
  const confined = missing.length > 0;
  return {
    name: containerName(host),
    image: sandbox?.image ?? DEFAULT_IMAGE,
    hostname: host,
    labels: { [MACHINE_LABEL]: `${cloud}/${host}`, [INSTALLATION_LABEL]: installation },
    // Public: whoever can read it can do nothing with it.
    env: { BERTH_SSH_KEY: sshPublicKey.trim() },
    networkMode: 'bridge',
    restart: 'unless-stopped',
    stopGrace: 10,
    cpus: sandbox?.cpus ?? 0,
    memory: sandbox?.memory ?? 0,
    binds: confined ? ['/sys/fs/cgroup:/sys/fs/cgroup:rw'] : [],
    extraHosts: [],
    dns: [],
    raw: {
      // An engine inside cannot put its layers on the overlay of the engine outside.
      config: { Volumes: { '/var/lib/docker': {} } },
      hostConfig: allPrivileges(missing),
    },
  };
}

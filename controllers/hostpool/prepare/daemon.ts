import { SHIM_PATH, SHIM_RUNTIME } from '../../../lib/docker/index.ts';
import type { DockerCloudSpec } from '../../../lib/records/index.ts';
import { CA, CERTIFICATE, KEY } from './steps/certificates.ts';

export const ENGINE_PORT = 2376;

/**
 * Docker Engine's daemon.json as one file (docs.docker.com/reference/cli/dockerd, "daemon configuration file"). The
 * user's `daemon` map wins, but how the engine is reached and by whom stays ours. Pure.
 */
export function daemonOptions({ docker }: Pick<DockerCloudSpec, 'docker'>, registryMirrors: readonly string[]): object {
  const { storageDriver, logDriver, insecureRegistries, daemon } = docker;
  const runtimes = daemon.runtimes;
  return {
    // Containers outlive a restart of the engine, so that a changed option stops nobody's work.
    'live-restore': true,
    ...(storageDriver !== undefined && { 'storage-driver': storageDriver }),
    ...(logDriver !== undefined && { 'log-driver': logDriver }),
    ...(registryMirrors.length > 0 && { 'registry-mirrors': registryMirrors }),
    ...(insecureRegistries.length > 0 && { 'insecure-registries': insecureRegistries }),
    ...daemon,
    runtimes: {
      ...(typeof runtimes === 'object' ? runtimes : {}),
      [SHIM_RUNTIME]: { path: SHIM_PATH },
    },
    hosts: ['unix:///var/run/docker.sock', `tcp://0.0.0.0:${ENGINE_PORT}`],
    tls: true,
    tlsverify: true,
    tlscacert: CA,
    tlscert: CERTIFICATE,
    tlskey: KEY,
  };
}

import type { DockerCloudSpec } from '../records/index.ts';
import { checkDocker } from './dockercloud-docker.ts';
import { checkCloudNetwork } from './dockercloud-network.ts';
import { type Field, isMap } from './field.ts';

/** What no single field of a DockerCloud can say: the bounds of its hosts belong together, and others exclude each other. */
export function checkDockerCloud(spec: DockerCloudSpec, written: unknown, field: Field): DockerCloudSpec {
  checkNameServers(spec, field.at('dns', 'servers'));
  checkDocker(spec.docker, field.at('docker'));
  checkCloudNetwork(spec.network, field.at('network'));
  const { min, max } = spec.hosts;
  if (min <= max) return spec;
  const given = isMap(written) && isMap(written.hosts) && written.hosts.max !== undefined && written.hosts.max !== null;
  if (given) field.at('hosts', 'max').wrong({ found: String(max), expected: `at least hosts.min, ${min}` });
  return { ...spec, hosts: { min, max: min } };
}

/** A server is found in one way, and so is its key. */
function checkNameServers({ dns }: DockerCloudSpec, field: Field): void {
  for (const [i, { address, service, key }] of dns.servers.entries()) {
    if ((address === undefined) === (service === undefined)) {
      const found = address === undefined ? 'neither' : 'both';
      field.at(i).wrong({ found, expected: 'either address or service' });
    }
    if (key && (key.secretFile === undefined) === (key.secret === undefined)) {
      const found = key.secret === undefined ? 'neither' : 'both';
      field.at(i, 'key').wrong({ found, expected: 'either secretFile or secret' });
    }
  }
}

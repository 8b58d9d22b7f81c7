import type { DockerCloudSpec } from '../records/index.ts';
import { type Field, isMap } from './field.ts';

/** What no single field of a DockerCloud can say: the bounds of its hosts belong together. */
export function checkDockerCloud(spec: DockerCloudSpec, written: unknown, field: Field): DockerCloudSpec {
  const { min, max } = spec.hosts;
  if (min <= max) return spec;
  const given = isMap(written) && isMap(written.hosts) && written.hosts.max !== undefined && written.hosts.max !== null;
  if (given) field.at('hosts', 'max').wrong({ found: String(max), expected: `at least hosts.min, ${min}` });
  return { ...spec, hosts: { min, max: min } };
}

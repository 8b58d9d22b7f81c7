/** Accepted records that ask for nothing, for tests to say only what matters to them. */

import type { ContainerRecord, DockerCloudSpec } from '../../lib/records/index.ts';

/** A sandbox cloud of one host. */
export const cloudSpec = (more: Partial<DockerCloudSpec> = {}): DockerCloudSpec => ({
  location: [{ driver: 'sandbox', text: 'sandbox' }],
  ssh: { user: 'root', hostKeys: {} },
  hosts: { min: 1, max: 1 },
  machine: { minCores: 0, minRam: 0, labels: {} },
  docker: { registryMirrors: [], insecureRegistries: [], volumes: {}, daemon: {} },
  tls: { generate: true },
  network: { provider: 'linux', natOutgoing: true, encapsulation: 'none', wireguard: false },
  dns: { zone: 'berth', reverseZones: [], ttl: 5, servers: [] },
  swarm: { enabled: false },
  placement: { strategies: [] },
  deletion: 'wait',
  ...more,
});

/** A container of the service `web` of an application of uid 1, in the cloud `cloud`. */
export const containerRecord = (more: Partial<ContainerRecord> = {}): ContainerRecord => ({
  uid: 1,
  cloud: 'cloud',
  service: 'web',
  image: 'web:1',
  env: {},
  labels: {},
  resources: { cpus: 0, memory: 0 },
  ports: [],
  networks: ['default.shop.default'],
  volumes: [],
  extraHosts: [],
  restart: 'unless-stopped',
  stopGrace: 10,
  run: true,
  update: 'stop-first',
  strategies: [],
  spec: 'spec-1',
  ...more,
});

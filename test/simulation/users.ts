import { integer, pick, type Random } from '../../lib/platform/index.ts';
import type { Deed } from './deeds.ts';
import { dnsSpec } from './names.ts';
import { blueprintNetworks, NETWORKS } from './networks.ts';
import { del, put } from './put.ts';
import type { World } from './world.ts';

const CLOUDS = ['cloud-a', 'cloud-b'];
const APPS = ['shop', 'blog', 'wiki'];
export const IMAGES = ['redis:3', 'nginx:1.25', 'grkvlt/myapp:latest'];

/** A DockerCloud of hollow hosts. Its size changes when it is put again. */
function cloudRecord(random: Random): string {
  const min = 1 + integer(random, 4);
  return JSON.stringify({
    apiVersion: 'berth/v1',
    kind: 'DockerCloud',
    spec: {
      location: {
        driver: 'hollow',
        cpus: 4,
        memory: '8g',
        zones: 2,
        startMs: 20 + integer(random, 300),
        failureRate: 0,
      },
      hosts: { min, max: min + 2 },
      dns: dnsSpec,
      placement: {
        strategies: [{ maxContainers: 4 + integer(random, 4) }, pick(random, ['depthFirst', 'breadthFirst', 'random'])],
      },
    },
  });
}

/** An application of one to three services, each with links to those before it, on networks of its own and of others. */
function applicationRecord(random: Random): string {
  const { declared, joins } = blueprintNetworks(random);
  const services = Array.from({ length: 1 + integer(random, 3) }, (_, i) => ({
    id: `s${i}`,
    type: `docker:${pick(random, IMAGES)}`,
    replicas: integer(random, 5),
    ...(random.next() < 0.6 ? { openPorts: 8080 } : {}),
    ...(random.next() < 0.15 ? { directPorts: 9000 + i } : {}),
    ...(random.next() < 0.3 ? { cpus: pick(random, [0.25, 0.5, 1]), memory: pick(random, ['128m', '1g']) } : {}),
    ...(random.next() < 0.3 ? { env: { VERSION: String(integer(random, 3)) } } : {}),
    ...(i > 0 && random.next() < 0.4 ? { links: { before: `$brooklyn:component("s${i - 1}")` } } : {}),
    networks: joins(),
  }));
  return JSON.stringify({ location: pick(random, CLOUDS), services: [...declared, ...services] });
}

const MISTAKES = [
  '{',
  'services: 3',
  'location: cloud-a\nservices:\n  - type: docker:UPPER',
  '\0\xff',
  'services: [{type: docker:redis, opnPorts: 1}]',
];

/** What users do. */
export const users: readonly Deed[] = [
  {
    name: 'put a cloud',
    weight: 4,
    async do(world) {
      const cloud = pick(world.random, CLOUDS);
      await put(world, `dockerclouds/${cloud}`, cloudRecord(world.random));
      return cloud;
    },
  },
  {
    name: 'delete a cloud',
    weight: 0.5,
    async do(world) {
      const cloud = pick(world.random, CLOUDS);
      await del(world, `dockerclouds/${cloud}`);
      return cloud;
    },
  },
  {
    name: 'put an application',
    weight: 20,
    async do(world) {
      const app = pick(world.random, APPS);
      await put(world, `applications/default/${app}`, applicationRecord(world.random));
      return app;
    },
  },
  {
    name: 'delete an application',
    weight: 5,
    async do(world) {
      const app = pick(world.random, APPS);
      await del(world, `applications/default/${app}`);
      return app;
    },
  },
  {
    name: 'delete an application and put it again',
    weight: 3,
    async do(world) {
      const app = pick(world.random, APPS);
      await del(world, `applications/default/${app}`);
      await put(world, `applications/default/${app}`, applicationRecord(world.random));
      return app;
    },
  },
  {
    name: 'put a mistake',
    weight: 2,
    async do(world) {
      const app = pick(world.random, APPS);
      await put(world, `applications/default/${app}`, pick(world.random, MISTAKES));
      return app;
    },
  },
];

/** What a user does at the end: takes back everything. */
export async function deleteEverything(world: World): Promise<void> {
  for (const app of APPS) await del(world, `applications/default/${app}`);
  for (const network of NETWORKS) await del(world, `virtualnetworks/${network}`);
  for (const cloud of CLOUDS) await del(world, `dockerclouds/${cloud}`);
}

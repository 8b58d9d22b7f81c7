import { integer, pick, type Random } from '../../lib/platform/index.ts';
import type { World } from './world.ts';

/** Something that a user or fate does to the world. Named for the log of a failing seed. */
export interface Deed {
  name: string;
  /** How often, in relation to the others. */
  weight: number;
  do(world: World): Promise<string> | string;
}

const CLOUDS = ['cloud-a', 'cloud-b'];
const APPS = ['shop', 'blog', 'wiki'];
const IMAGES = ['redis:3', 'nginx:1.25', 'grkvlt/myapp:latest'];

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
      placement: {
        strategies: [{ maxContainers: 4 + integer(random, 4) }, pick(random, ['depthFirst', 'breadthFirst', 'random'])],
      },
    },
  });
}

/** An application of one to three services, each with links to those before it. */
function applicationRecord(random: Random): string {
  const services = Array.from({ length: 1 + integer(random, 3) }, (_, i) => ({
    id: `s${i}`,
    type: `docker:${pick(random, IMAGES)}`,
    replicas: integer(random, 5),
    ...(random.next() < 0.6 ? { openPorts: 8080 } : {}),
    ...(random.next() < 0.15 ? { directPorts: 9000 + i } : {}),
    ...(random.next() < 0.3 ? { cpus: pick(random, [0.25, 0.5, 1]), memory: pick(random, ['128m', '1g']) } : {}),
    ...(random.next() < 0.3 ? { env: { VERSION: String(integer(random, 3)) } } : {}),
    ...(i > 0 && random.next() < 0.4 ? { links: { before: `$brooklyn:component("s${i - 1}")` } } : {}),
  }));
  return JSON.stringify({ location: pick(random, CLOUDS), services });
}

const put = (world: World, path: string, value: string) =>
  world.user().txn({ compare: [], then: [{ put: `${world.keyspace.prefix}/${path}`, value }] });
const del = (world: World, path: string) =>
  world.user().txn({ compare: [], then: [{ delete: `${world.keyspace.prefix}/${path}` }] });
const anyMachine = (world: World) => {
  const machines = [...world.hollow.machines.values()];
  return machines.length === 0 ? undefined : pick(world.random, machines);
};
const anyReplica = (world: World) => pick(world.random, world.replicas);

const MISTAKES = [
  '{',
  'services: 3',
  'location: cloud-a\nservices:\n  - type: docker:UPPER',
  '\0\xff',
  'services: [{type: docker:redis, opnPorts: 1}]',
];

/** What users do. */
const users: Deed[] = [
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

/** What fate does. */
const fate: Deed[] = [
  {
    name: 'cut a machine off',
    weight: 2,
    do(world) {
      const machine = anyMachine(world);
      if (!machine) return 'none';
      machine.reachable = false;
      world.clock.after(integer(world.random, 180_000), () => {
        machine.reachable = true;
      });
      return machine.host;
    },
  },
  {
    name: 'slow a machine down',
    weight: 1,
    do(world) {
      const machine = anyMachine(world);
      if (machine) machine.slowMs = pick(world.random, [0, 0, 500, 5000, 20_000, 100_000]);
      return machine?.host ?? 'none';
    },
  },
  {
    name: 'reboot a machine',
    weight: 1.5,
    do(world) {
      const machine = anyMachine(world);
      machine?.reboot();
      return machine?.host ?? 'none';
    },
  },
  {
    name: 'destroy a machine',
    weight: 0.5,
    do(world) {
      const machine = anyMachine(world);
      if (machine) world.hollow.lose(machine.host);
      return machine?.host ?? 'none';
    },
  },
  {
    name: 'crash a container',
    weight: 3,
    do(world) {
      const containers = [...(anyMachine(world)?.containers.values() ?? [])];
      if (containers.length === 0) return 'none';
      const container = pick(world.random, containers);
      for (const machine of world.hollow.machines.values()) machine.crash(container.id, integer(world.random, 2));
      return container.name;
    },
  },
  {
    name: 'refuse an image',
    weight: 2,
    do(world) {
      const machine = anyMachine(world);
      if (!machine) return 'none';
      const image = pick(world.random, IMAGES);
      if (!machine.refusedImages.delete(image)) machine.refusedImages.add(image);
      return `${image} on ${machine.host}`;
    },
  },
  {
    name: 'kill a process',
    weight: 1,
    do(world) {
      const replica = anyReplica(world);
      replica.life.kill();
      return replica.name;
    },
  },
  {
    name: 'freeze a process',
    weight: 1,
    do(world) {
      const replica = anyReplica(world);
      replica.life.freeze();
      world.clock.after(integer(world.random, 40_000), () => replica.life.thaw());
      return replica.name;
    },
  },
  {
    name: 'cut a process off the store',
    weight: 1,
    do(world) {
      const replica = anyReplica(world);
      replica.partitioned = true;
      world.clock.after(integer(world.random, 40_000), () => {
        replica.partitioned = false;
      });
      return replica.name;
    },
  },
  {
    name: 'cut all watches',
    weight: 1,
    do(world) {
      world.etcd.disconnect();
      return '';
    },
  },
  {
    name: 'compact',
    weight: 2,
    async do(world) {
      const { revision } = world.etcd;
      // Twice at one revision is refused, as by etcd.
      await world
        .user()
        .compact(revision)
        .catch(() => undefined);
      return `at ${revision}`;
    },
  },
  {
    name: 'jump the wall clock',
    weight: 0.5,
    do(world) {
      const ms = (world.random.next() - 0.5) * 7_200_000;
      world.clock.jump(ms);
      return `${Math.round(ms / 1000)} s`;
    },
  },
];

export const deeds: readonly Deed[] = [...users, ...fate];

/** One deed, drawn by weight. */
export function draw(random: Random): Deed {
  let at = random.next() * deeds.reduce((sum, { weight }) => sum + weight, 0);
  for (const deed of deeds) {
    at -= deed.weight;
    if (at < 0) return deed;
  }
  return deeds[0]!;
}

/** What a user does at the end: takes back everything. */
export async function deleteEverything(world: World): Promise<void> {
  for (const app of APPS) await del(world, `applications/default/${app}`);
  for (const cloud of CLOUDS) await del(world, `dockerclouds/${cloud}`);
}

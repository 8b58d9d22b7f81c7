import { integer, pick } from '../../lib/platform/index.ts';
import type { Deed } from './deeds.ts';
import { IMAGES } from './users.ts';
import type { World } from './world.ts';

const anyMachine = (world: World) => {
  const machines = [...world.hollow.machines.values()];
  return machines.length === 0 ? undefined : pick(world.random, machines);
};
const anyReplica = (world: World) => pick(world.random, world.replicas);

/** What fate does. */
export const fate: readonly Deed[] = [
  {
    name: 'cut a machine off',
    weight: 0.8,
    do(world) {
      const machine = anyMachine(world);
      if (!machine) return 'none';
      world.outages.begin(machine, integer(world.random, 180_000));
      return machine.host;
    },
  },
  {
    // What breaks is rather our own network than all of them at once.
    name: 'cut a whole cloud off',
    weight: 0.15,
    do(world) {
      const cloud = anyMachine(world)?.cloud;
      const machines = [...world.hollow.machines.values()].filter((machine) => machine.cloud === cloud);
      const ms = 60_000 + integer(world.random, 120_000);
      for (const machine of machines) world.outages.begin(machine, ms);
      return `${cloud ?? 'none'}: ${machines.length} machines`;
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
    name: 'flush the rules of a machine',
    weight: 1,
    do(world) {
      const machine = anyMachine(world);
      machine?.loseRules();
      machine?.changed();
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
    befalls: 'processes',
    do(world) {
      const replica = anyReplica(world);
      replica.life.kill();
      return replica.name;
    },
  },
  {
    name: 'freeze a process',
    weight: 1,
    befalls: 'processes',
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
    befalls: 'processes',
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

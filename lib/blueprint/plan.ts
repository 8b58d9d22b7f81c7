/**
 * The plan of an application: from what it should be and what stands, the next writes.
 *
 * It is a step, not a programme: apply it, look again, plan again. Planning again without news changes nothing.
 */

import { BerthError } from '../errors/index.ts';
import type { ApplicationSpec, ContainerRecord, EntityRecord, ServiceSpec } from '../records/index.ts';
import { sameJson, type Unit, type Write } from '../store/index.ts';
import { claimWrites } from './claims.ts';
import { ROOT, type Wait } from './evaluate.ts';
import { startOrder } from './graph.ts';
import { networkName, networksOf } from './networks.ts';
import { resolve, type Surroundings } from './resolve.ts';
import { Turns } from './rollout.ts';
import { type Sensors, Soundings } from './sensors.ts';
import {
  byService,
  containerName,
  indexOf,
  isConnected,
  type Named,
  type Snapshot,
  type Standing,
} from './snapshot.ts';

/** What the application controller writes of an application. */
export type Planned = 'containers' | 'networkclaims' | 'entities';

export interface Plan {
  /** Each lands whole or not at all, in any order; one or two writes each. */
  units: Unit<Planned>[];
  /** By service: what it waits for before it starts or changes. */
  waits: ReadonlyMap<string, Wait[]>;
  /** Containers that stand and will need a new incarnation, when it is their turn. */
  outdated: string[];
  /** By container: networks of its new record that are not there. It runs on as it is until they are. */
  held: ReadonlyMap<string, string[]>;
  /** Containers that were changed and have not been up since. */
  updating: string[];
}

/** Only in an accepted cloud is anything started or changed; what stands elsewhere stays. */
export type CloudState = 'accepted' | 'missing' | 'deleting';

/**
 * The next writes.
 *
 * @throws BERTH_… for a spec that `problemsOf` would have refused
 */
export function plan(spec: ApplicationSpec, snapshot: Snapshot, options: { cloud: CloudState }): Plan {
  const start = startOrder(spec);
  if ('loop' in start) {
    throw new BerthError('BERTH_CYCLE', `the services wait for each other: ${start.loop.join(' → ')}`);
  }
  const { namespace, app, uid, networks } = snapshot;
  const soundings = new Soundings();
  for (const network of spec.virtualNetworks ?? []) {
    const { networkId } = network;
    soundings.takeNetwork(network, networkName(namespace, app, networkId), networks.get(networkId));
  }
  const surroundings: Surroundings = { namespace, app, uid, spec, soundings, networks };
  const standing = byService(snapshot);
  const turns = new Turns(spec, snapshot, surplusOf(spec, snapshot));

  const waits = new Map<string, Wait[]>();
  const outdated: string[] = [];
  const held = new Map<string, string[]>();
  const plain: Write<Planned>[] = [];
  const inTurn: { key: string; write: Write<Planned> }[] = [];
  const put = (name: string, value: ContainerRecord): Write<Planned> => ({
    put: 'containers',
    id: `${namespace}/${app}/${name}`,
    value,
    expect: snapshot.containers.get(name)?.revision ?? 0,
  });

  for (const service of start.order) {
    const group = standing.get(service.id) ?? [];
    const written = new Map<string, ContainerRecord>();
    const isBarred = networksOf(service, spec, snapshot).some((name) => snapshot.barred.has(name));
    if (options.cloud === 'accepted' && !isBarred) {
      const wanted = wantedOf(service, group, surroundings);
      if (wanted.waits.length > 0) waits.set(service.id, wanted.waits);
      const changed = new Map<string, ContainerRecord>();
      for (const [name, record] of wanted.records) {
        const before = snapshot.containers.get(name)?.record;
        if (before && before.spec !== record.spec) changed.set(name, record);
        else if (!sameJson(before, record)) written.set(name, record);
      }
      for (const [name, { networks: joined }] of changed) {
        const absent = joined.filter((network) => !snapshot.joinable.has(network));
        if (absent.length > 0 && isConnected(snapshot.containers.get(name)!, snapshot.joinable)) held.set(name, absent);
      }
      const { free, turn } = turns.next(
        service,
        [...changed.keys()].filter((name) => !held.has(name)),
      );
      for (const name of free) written.set(name, changed.get(name)!);
      for (const [name, record] of written) plain.push(put(name, record));
      if (turn !== undefined) {
        written.set(turn, changed.get(turn)!);
        inTurn.push({ key: turns.keyOf(service), write: put(turn, changed.get(turn)!) });
      }
      outdated.push(...[...changed.keys()].filter((name) => !written.has(name)));
    }
    // What was just given another spec is not up any more: those that wait for it know at once.
    const after = group.map(([name, container]): Named => {
      const record = written.get(name);
      return [name, record ? { ...container, record } : container];
    });
    soundings.take(service, after, snapshot.entities.get(service.id)?.record.sensors);
  }
  soundings.takeRoot(spec);

  const removals = surplusOf(spec, snapshot).map(
    (name): Write<Planned> => ({
      delete: 'containers',
      id: `${namespace}/${app}/${name}`,
      expect: snapshot.containers.get(name)!.revision,
    }),
  );
  const entities = entityWrites(spec, snapshot, soundings.sensors, turns);
  const claims = options.cloud === 'accepted' ? claimWrites(spec, snapshot, soundings) : [];
  return {
    units: assemble([...claims, ...removals, ...plain], entities, inTurn),
    waits,
    outdated,
    held,
    updating: turns.holders(),
  };
}

/** The records of a service that can be written down now. What waits keeps what stands. */
function wantedOf(service: ServiceSpec, standing: readonly Named[], surroundings: Surroundings) {
  const started = standing.length > 0;
  const records = new Map<string, ContainerRecord>();
  let waits: Wait[] = [];
  for (let index = 0; index < service.replicas; index++) {
    const name = containerName(service.id, index);
    const resolution = resolve(service, name, surroundings, { started });
    if ('record' in resolution) records.set(name, resolution.record);
    else waits = resolution.waits;
  }
  return { records, waits };
}

/** Names of containers that the blueprint has no more, the highest index of a service first. */
function surplusOf(spec: ApplicationSpec, snapshot: Snapshot): string[] {
  const replicas = new Map(spec.services.map((service) => [service.id, service.replicas]));
  return [...snapshot.containers]
    .filter(([name, { record }]) => indexOf(name) >= (replicas.get(record.service) ?? 0))
    .sort(([a, { record: left }], [b, { record: right }]) =>
      left.service === right.service ? indexOf(b) - indexOf(a) : left.service < right.service ? -1 : 1,
    )
    .map(([name]) => name);
}

/** By id of the entity, where its record changes. */
function entityWrites(
  spec: ApplicationSpec,
  { namespace, app, uid, entities }: Snapshot,
  sensors: ReadonlyMap<string, Sensors>,
  turns: Turns,
): Map<string, Write<Planned>> {
  const root = { id: ROOT, type: 'application', name: spec.name ?? app };
  const services = spec.services.map(({ id, image, name }) => ({ id, type: `docker:${image}`, name: name ?? id }));
  const networks = (spec.virtualNetworks ?? []).map(({ id, type, name }) => ({ id, type, name: name ?? id }));
  const wanted = [root, ...services, ...networks];
  const writes = new Map<string, Write<Planned>>();
  for (const { id, type, name } of wanted) {
    const updating = turns.holder(id);
    const value: EntityRecord = {
      uid,
      type,
      name,
      sensors: sensors.get(id) ?? {},
      ...(updating !== undefined && { updating }),
    };
    const standing = entities.get(id);
    if (isAs(standing, value)) continue;
    const key = `${namespace}/${app}/${id}`;
    writes.set(id, { put: 'entities', id: key, value, expect: standing?.revision ?? 0 });
  }
  for (const [id, { revision }] of entities) {
    if (wanted.some((entity) => entity.id === id)) continue;
    writes.set(id, { delete: 'entities', id: `${namespace}/${app}/${id}`, expect: revision });
  }
  return writes;
}

const isAs = <T>(standing: Standing<T> | undefined, value: T): boolean => sameJson(standing?.record, value);

/**
 * A change that needs a turn lands together with the entity that notes whose turn it is: of two planners that both
 * found the turn free, one meets a conflict. All else is independent.
 */
function assemble(
  plain: Write<Planned>[],
  entities: Map<string, Write<Planned>>,
  inTurn: { key: string; write: Write<Planned> }[],
): Unit<Planned>[] {
  const turns = inTurn.map(({ key, write }): Unit<Planned> => {
    const note = entities.get(key);
    entities.delete(key);
    return { writes: note ? [write, note] : [write] };
  });
  return [...[...plain, ...entities.values()].map((write) => ({ writes: [write] })), ...turns];
}

import type { ContainerSummary } from '../../lib/docker/index.ts';
import type { HostLink } from '../../lib/machine/index.ts';
import { networkOn } from '../../lib/network/providers/index.ts';
import type { Context } from '../../lib/reconcile/index.ts';
import type { DockerCloudSpec, HostRecord, ObservedRecord } from '../../lib/records/index.ts';
import type { Entry } from '../../lib/store/index.ts';
import { type Contained, type Member, removalOf, type Snapshot } from './model.ts';
import { networkOf } from './network.ts';
import { surroundingsOf } from './surroundings.ts';
import type { ContainerTools, HostMemory } from './tools.ts';

export type ContainerContext = Context<'observed', ContainerTools>;

/** Milliseconds until everything on a host is read again, events or none: they are hints. */
export const READ_AGAIN = 30_000;
/** Milliseconds that an engine has to answer a question: one that is dead must not hold others up. */
export const ANSWER_WITHIN = 10_000;
/** Milliseconds until what failed is tried again: doubled with each failure, from the first to the second. */
const BACKOFF = { first: 1000, most: 60_000 };
/** Where a container says nothing: Docker's own default, seconds. */
const STOP_GRACE = 10;

export const labels = {
  container: 'io.berth.container',
  pause: 'io.berth.pause',
  uid: 'io.berth.uid',
  spec: 'io.berth.spec',
  cloud: 'io.berth.cloud',
  host: 'io.berth.host',
  installation: 'io.berth.installation',
  stopGrace: 'io.berth.stop-grace',
} as const;

interface HostOptions {
  record: HostRecord;
  link: HostLink;
  memory: HostMemory;
}

/** One host in the hands of one reconcile: what the store, the engine and the network say of it, kept up to date. */
export class Host {
  readonly name: string;
  readonly record: HostRecord;
  readonly context: ContainerContext;
  readonly link: HostLink;
  readonly memory: HostMemory;
  readonly shim: boolean;
  /** Spec of its cloud, as it is accepted. */
  readonly cloud: DockerCloudSpec | undefined;
  /** Its cloud's network as it is on this host now. */
  readonly network: DockerCloudSpec['network'] | undefined;
  /** As in `Snapshot`. */
  readonly provider: string;
  readonly containers = new Map<string, Contained>();
  /** A write found something else than expected: the cache is behind. */
  conflicted = false;
  /** What was written in this reconcile, which the cache may not hold yet. */
  readonly #written = new Map<string, { revision: number; value: ObservedRecord | undefined }>();

  constructor(name: string, context: ContainerContext, options: HostOptions) {
    this.name = name;
    this.context = context;
    this.link = options.link;
    this.memory = options.memory;
    this.shim = options.record.shim !== false;
    this.record = options.record;
    this.cloud = context.state.get('accepted/dockerclouds', options.record.cloud)?.value.spec;
    this.network = this.cloud && networkOn(this.cloud.network, options.record);
    this.provider = `${this.network?.provider} ${options.record.prepared}`;
  }

  /** Lists our containers; from time to time forgets what it believed to know of them. */
  async read(): Promise<void> {
    const { clock, installation, signal } = this.context;
    const { memory } = this;
    if (clock.monotonic() - memory.readAt >= READ_AGAIN) {
      memory.readAt = clock.monotonic();
      memory.details.clear();
      memory.networkIsOld = true;
    }
    // Before the question: what an event speaks of from now on is stale once more.
    for (const id of memory.stale) memory.details.delete(id);
    memory.stale.clear();
    const found = await this.link.engine.list(`${labels.installation}=${installation}`, {
      signal,
      timeoutMs: ANSWER_WITHIN,
    });
    this.containers.clear();
    for (const each of found) {
      const contained = asContained(each);
      if (!contained) continue;
      const details = memory.details.get(each.id);
      if (details?.state === each.state) contained.details = details;
      this.containers.set(each.id, contained);
    }
    for (const id of memory.details.keys()) if (!this.containers.has(id)) memory.details.delete(id);
  }

  /** Reads the namespaces where they are not known, or not freshly and anything depends on them. */
  async readNetwork(): Promise<void> {
    const { memory } = this;
    const idle = this.containers.size === 0 && this.members().length === 0;
    if (memory.namespaces && (idle || !memory.networkIsOld)) return;
    const { namespaces, intact, taken } = await this.link.network.read(this.context.signal);
    memory.namespaces = new Map(namespaces.map(({ name, addresses }) => [name, addresses]));
    memory.given = new Map(
      namespaces.flatMap(({ name, interfaces }) => (interfaces ? [[name, firstAddresses(interfaces)]] : [])),
    );
    memory.intact = intact.includes(this.context.installation);
    for (const { installation, port, protocol } of taken) {
      if (installation !== this.context.installation) continue;
      const what = `${port}/${protocol} is not published: a program of the host listens on it`;
      this.context.event(`hosts/${this.name}`, 'Warning', 'PortTaken', what);
    }
    memory.networkIsOld = false;
  }

  snapshot(): Snapshot {
    const { context, memory } = this;
    return {
      host: this.name,
      now: context.clock.monotonic(),
      shim: this.shim,
      provider: this.provider,
      members: this.members(),
      containers: [...this.containers.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
      namespaces: memory.namespaces ?? new Map(),
      given: memory.given,
      surroundings: surroundingsOf(this.name, context.state, context.installation),
      intact: memory.intact,
      ...(memory.applied === undefined ? {} : { applied: memory.applied }),
      failures: memory.failures,
      busy: memory.busy,
    };
  }

  members(): Member[] {
    const { state } = this.context;
    const local = ({ id }: { id: string }) => id.slice(this.name.length + 1);
    const observed = new Map(state.list('observed', this.name).map((entry) => [local(entry), observation(entry)]));
    for (const [id, { revision, value }] of this.#written) {
      if (revision > state.revision) observed.set(id, { value, revision: value ? revision : 0 });
    }
    const ids = new Set([...state.list('assignments', this.name).map(local), ...observed.keys()]);
    return [...ids].sort().flatMap((id) => {
      const assignment = state.get('assignments', `${this.name}/${id}`);
      const endpoint = state.get('endpoints', `${this.name}/${id}`);
      const record = state.get('containers', id);
      const seen = observed.get(id);
      if (!assignment && !seen?.value) return [];
      return [
        {
          id,
          ...(assignment ? { assignment: assignment.value } : {}),
          ...(endpoint ? { endpoint: endpoint.value } : {}),
          ...(record ? { record: record.value } : {}),
          ...(seen?.value ? { observed: seen.value } : {}),
          revisions: {
            assignment: assignment?.modRevision ?? 0,
            endpoint: endpoint?.modRevision ?? 0,
            observed: seen?.revision ?? 0,
          },
        },
      ];
    });
  }

  wrote(id: string, revision: number, value: ObservedRecord | undefined): void {
    this.#written.set(id, { revision, value });
  }

  failed(what: string, message: string): void {
    const attempts = (this.memory.failures.get(what)?.attempts ?? 0) + 1;
    const wait = Math.min(BACKOFF.most, BACKOFF.first * 2 ** (attempts - 1));
    this.memory.failures.set(what, { message, attempts, notBefore: this.context.clock.monotonic() + wait });
  }

  /** Those of what is no longer there. */
  #forgetFailures(): void {
    const members = this.members();
    const uids = [...this.containers.values(), ...members.flatMap(({ assignment }) => assignment ?? [])].map(
      ({ uid }) => uid,
    );
    const images = members.flatMap(({ record }) => (record ? [`image:${record.image}`] : []));
    const known = new Set([
      'network',
      'namespaces',
      ...uids,
      ...uids.map(networkOf),
      ...uids.map(removalOf),
      ...images,
    ]);
    for (const what of this.memory.failures.keys()) if (!known.has(what)) this.memory.failures.delete(what);
  }

  succeeded(what: string): void {
    this.memory.failures.delete(what);
  }

  /** Does what takes long without keeping the host waiting; when it ends, the host is looked at again. */
  inBackground(key: string, work: () => Promise<void>): void {
    const { memory, name, context } = this;
    memory.busy.add(key);
    const ended = () => {
      memory.busy.delete(key);
      context.tools.memory.wake(name);
    };
    work().then(ended, ended);
  }

  /** Milliseconds until the host has to be looked at again without being asked to. */
  next(): number {
    const { memory, context } = this;
    const now = context.clock.monotonic();
    this.#forgetFailures();
    const waits = [...memory.failures.values()].map(({ notBefore }) => notBefore - now).filter((wait) => wait > 0);
    const passing = memory.busy.size > 0 || [...this.containers.values()].some(({ state }) => state === 'removing');
    return Math.min(READ_AGAIN, ...waits, ...(passing ? [1000] : []));
  }
}

const firstAddresses = (interfaces: readonly { name: string; addresses: string[] }[]): Map<string, string> =>
  new Map(interfaces.flatMap(({ name, addresses }) => addresses.slice(0, 1).map((address) => [name, address])));

const observation = ({
  value,
  modRevision,
}: Entry<'observed'>): { value: ObservedRecord | undefined; revision: number } => ({
  value,
  revision: modRevision,
});

/** Ours, by its labels; other things of the installation, such as sandbox machines on the same engine, are not. */
function asContained({ id, name, image, state, labels: given }: ContainerSummary): Contained | undefined {
  const uid = given[labels.uid];
  const member = given[labels.container] ?? given[labels.pause];
  if (!uid || !member) return undefined;
  const grace = Number(given[labels.stopGrace]);
  return {
    ...{ id, name, image, state, uid, member },
    role: given[labels.container] === undefined ? 'pause' : 'container',
    stopGrace: Number.isFinite(grace) ? grace : STOP_GRACE,
  };
}

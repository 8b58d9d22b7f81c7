import { createHash } from 'node:crypto';
import {
  type CallLimits,
  type ContainerDetails,
  type ContainerSummary,
  type CreateOptions,
  type Engine,
  EngineError,
  type EngineEvent,
} from '../../docker/index.ts';
import { BerthError } from '../../errors/index.ts';
import { sleep } from '../../platform/index.ts';
import type { HollowContainer, HollowMachine } from './machine.ts';

/** Docker's API of a hollow machine, answered from memory, with Docker's own status codes. */
export function createHollowEngine(machine: HollowMachine): Engine {
  const find = (id: string): HollowContainer => {
    const container = machine.containers.get(id) ?? [...machine.containers.values()].find(({ name }) => name === id);
    if (!container) throw new EngineError(404, `No such container: ${id}`);
    return container;
  };

  return {
    info: (limits) =>
      machine.exchange(
        () => ({
          id: machine.host,
          version: 'hollow',
          cpus: machine.spec.cpus,
          memory: machine.spec.memory,
          runtimes: ['berth', 'runc'],
          registryMirrors: [],
        }),
        limits,
      ),

    list: (label, limits) =>
      machine.exchange(
        () => [...machine.containers.values()].filter((container) => carries(container, label)).map(summary),
        limits,
      ),

    inspect: (id, limits) => machine.exchange(() => details(find(id)), limits),

    hasImage: (reference, limits) => machine.exchange(() => machine.images.has(reference), limits),

    pull: (reference, limits) =>
      machine.exchange(() => {
        if (machine.refusedImages.has(reference))
          throw new BerthError('BERTH_IMAGE', `manifest for ${reference} not found`);
        machine.images.add(reference);
      }, limits),

    create: (options, limits) => machine.exchange(() => create(machine, options), limits),

    async start(id, limits: CallLimits = {}) {
      await machine.exchange(() => find(id), limits);
      await turn(machine, limits.signal);
      await machine.exchange(() => start(machine, find(id)), limits);
    },

    stop: (id, _grace, limits) =>
      machine.exchange(() => {
        const container = find(id);
        container.stoppedByUser = true;
        if (container.state !== 'running') return;
        container.state = 'exited';
        container.exitCode = 0;
        machine.tell(container, 'die');
      }, limits),

    remove: (id, limits) =>
      machine.exchange(() => {
        const container = machine.containers.get(id);
        if (!container) return;
        machine.containers.delete(id);
        machine.tell(container, 'destroy');
      }, limits),

    exec: (id, command, limits) =>
      machine.exchange(() => {
        if (find(id).state !== 'running') throw new EngineError(409, `Container ${id} is not running`);
        return { code: 0, stdout: `${command.join(' ')}\n`, stderr: '' };
      }, limits),

    async *logs(id) {
      const container = await machine.exchange(() => find(id));
      yield { stream: 'stdout' as const, data: Buffer.from(`${container.name} runs on paper\n`) };
    },

    events: (signal) => events(machine, signal),

    close() {},
  };
}

function create(machine: HollowMachine, options: CreateOptions): string {
  if (!machine.images.has(options.image)) throw new EngineError(404, `No such image: ${options.image}`);
  for (const { name } of machine.containers.values()) {
    if (name === options.name) throw new EngineError(409, `Conflict. The container name "/${name}" is already in use`);
  }
  // An id like Docker's, from what is unique here: engine and name, and how often it was made.
  const id = createHash('sha256').update(`${machine.host}/${options.name}/${machine.random.next()}`).digest('hex');
  const container: HollowContainer = {
    id,
    name: options.name,
    image: options.image,
    labels: options.labels,
    networkMode: options.networkMode,
    runtime: options.runtime ?? 'runc',
    restart: options.restart,
    healthCheck: options.healthCheck !== undefined,
    state: 'created',
    startedAt: 0,
    exitCode: 0,
    error: '',
    restarts: 0,
    stoppedByUser: false,
  };
  machine.containers.set(id, container);
  machine.tell(container, 'create');
  return id;
}

/** Waits for this engine's turn: starts go one at a time, `startMs` each. */
function turn(machine: HollowMachine, signal: AbortSignal | undefined): Promise<void> {
  const now = machine.clock.monotonic();
  machine.startsUntil = Math.max(now, machine.startsUntil) + machine.spec.startMs;
  return sleep(machine.clock, machine.startsUntil - now, signal);
}

function start(machine: HollowMachine, container: HollowContainer): void {
  if (container.state === 'running') return;
  const refused =
    machine.startRefused(container) ??
    (machine.random.next() < machine.spec.failureRate ? 'the engine failed, as asked' : undefined);
  if (refused) {
    container.error = refused;
    throw new EngineError(500, refused);
  }
  container.state = 'running';
  container.error = '';
  container.stoppedByUser = false;
  container.startedAt = machine.clock.now();
  machine.tell(container, 'start');
}

function carries({ labels }: HollowContainer, label: string): boolean {
  const at = label.indexOf('=');
  return at < 0 ? label in labels : labels[label.slice(0, at)] === label.slice(at + 1);
}

const summary = ({ id, name, image, state, labels }: HollowContainer): ContainerSummary => ({
  id,
  name,
  image,
  state,
  labels,
});

const details = (container: HollowContainer): ContainerDetails => ({
  ...summary(container),
  pid: container.state === 'running' ? 1 : 0,
  startedAt: container.startedAt === 0 ? '' : new Date(container.startedAt).toISOString(),
  exitCode: container.exitCode,
  error: container.error,
  restarts: container.restarts,
  oomKilled: false,
  ...(container.healthCheck && container.state === 'running' ? { health: 'healthy' as const } : {}),
});

async function* events(machine: HollowMachine, signal: AbortSignal): AsyncGenerator<EngineEvent> {
  const waiting: EngineEvent[] = [];
  let wake: (() => void) | undefined;
  const listener = (container: HollowContainer, action: string) => {
    if (!machine.reachable) return;
    waiting.push({ action, containerId: container.id, labels: container.labels });
    wake?.();
  };
  const end = () => wake?.();
  machine.listeners.add(listener);
  signal.addEventListener('abort', end, { once: true });
  try {
    while (!signal.aborted) {
      const event = waiting.shift();
      if (event) yield event;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    machine.listeners.delete(listener);
    signal.removeEventListener('abort', end);
  }
}

import type { Readable } from 'node:stream';
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import { BerthError } from '../errors/index.ts';
import { type Clock, sleep, withTimeout } from '../platform/index.ts';
import { Capture } from './capture.ts';
import { createBody } from './create-body.ts';
import {
  type CallLimits,
  type ContainerDetails,
  type ContainerSummary,
  type Engine,
  EngineError,
  type EngineEvent,
  type ExecOptions,
  type ExecResult,
} from './engine.ts';
import { demultiplex, textLines } from './frames.ts';
import { EngineModem, type EngineTarget } from './modem.ts';

export type { EngineTarget } from './modem.ts';

/** Milliseconds for a pull. */
const PULL_TIMEOUT = 600_000;
/** Milliseconds that the engine has beyond a container's own grace. */
const STOP_MARGIN = 30_000;
/** Bytes of each stream of an exec that its result holds. */
const OUTPUT_LIMIT = 1 << 20;

/** A real engine. Certificates are fixed: a new one needs a new engine. */
export function createDockerEngine(target: EngineTarget, { clock }: { clock: Clock }): Engine {
  const modem = new EngineModem(target, clock);
  const container = (id: string, verb = '') => `/containers/${encodeURIComponent(id)}${verb}`;

  return {
    async info(limits) {
      const info = await modem.call<{
        ID: string;
        ServerVersion: string;
        Architecture: string;
        NCPU: number;
        MemTotal: number;
        Runtimes: Record<string, unknown> | null;
        RegistryConfig: { Mirrors: string[] | null } | null;
      }>({ method: 'GET', path: '/info' }, limits);
      return {
        id: info.ID,
        version: info.ServerVersion,
        architecture: info.Architecture,
        cpus: info.NCPU,
        memory: info.MemTotal,
        runtimes: Object.keys(info.Runtimes ?? {}).sort(),
        registryMirrors: info.RegistryConfig?.Mirrors ?? [],
      };
    },

    async list(label, limits) {
      const filters = JSON.stringify({ label: [label] });
      const query = { all: true, filters };
      const found = await modem.call<ContainerInfo[]>({ method: 'GET', path: '/containers/json', query }, limits);
      return found.map(summary);
    },

    async inspect(id, limits) {
      return details(await modem.call<ContainerInspectInfo>({ method: 'GET', path: container(id, '/json') }, limits));
    },

    async hasImage(reference, limits) {
      try {
        await modem.call({ method: 'GET', path: `/images/${imagePath(reference)}/json` }, limits);
        return true;
      } catch (error) {
        if (hasStatus(error, 404)) return false;
        throw error;
      }
    },

    pull: (reference, limits) => pull(modem, reference, limits),

    async importImage(reference, tar, command, limits) {
      const query = { fromSrc: '-', ...repositoryAndTag(reference), changes: `CMD ${JSON.stringify(command)}` };
      const stream = await modem.stream({ method: 'POST', path: '/images/create', query, tar }, limits);
      await progress(stream, reference);
    },

    async create(options, limits) {
      const query = { name: options.name };
      const body = createBody(options);
      const { Id } = await modem.call<{ Id: string }>(
        { method: 'POST', path: '/containers/create', query, body },
        limits,
      );
      return Id;
    },

    async start(id, limits) {
      await modem.call({ method: 'POST', path: container(id, '/start') }, limits);
    },

    async stop(id, graceSeconds, limits) {
      const t = Math.ceil(graceSeconds);
      const timeoutMs = limits?.timeoutMs ?? t * 1000 + STOP_MARGIN;
      await modem.call({ method: 'POST', path: container(id, '/stop'), query: { t } }, { ...limits, timeoutMs });
    },

    async remove(id, limits) {
      try {
        await modem.call({ method: 'DELETE', path: container(id), query: { v: true, force: true } }, limits);
      } catch (error) {
        if (!hasStatus(error, 404)) throw error;
      }
    },

    exec: (id, command, options) => exec(modem, { id, command }, options),

    async *logs(id, { follow, tail, timestamps, since }, signal) {
      const query = { stdout: true, stderr: true, follow, timestamps, tail: tail ?? 'all', since };
      yield* demultiplex(await modem.stream({ method: 'GET', path: container(id, '/logs'), query }, { signal }));
    },

    async *events(signal) {
      const filters = JSON.stringify({ type: ['container'], label: ['io.berth.installation'] });
      const stream = await modem.stream({ method: 'GET', path: '/events', query: { filters } }, { signal });
      try {
        for await (const line of textLines(stream)) if (line.trim() !== '') yield event(line);
      } catch (error) {
        if (!signal.aborted) throw modem.failure(error);
      }
    },

    close: () => modem.close(),
  };
}

async function pull(modem: EngineModem, reference: string, limits: CallLimits = {}): Promise<void> {
  const { signal, timeoutMs = PULL_TIMEOUT } = limits;
  const late = () => new BerthError('BERTH_IMAGE', `${reference} was not pulled within ${timeoutMs / 1000} s`);
  const work = async (inner: AbortSignal) => {
    const query = { fromImage: reference, ...(hasTag(reference) ? {} : { tag: 'latest' }) };
    const request = { method: 'POST', path: '/images/create', query } as const;
    await progress(await modem.stream(request, { signal: inner, timeoutMs }), reference);
  };
  try {
    await withTimeout(modem.clock, timeoutMs, late, work, signal);
  } catch (error) {
    // The engine answers for the registry: what that refuses comes back under many a status.
    if (error instanceof EngineError) throw new BerthError('BERTH_IMAGE', `${reference}: ${error.message}`);
    throw signal?.aborted ? error : modem.failure(error);
  }
}

/** Reads progress to its end. @throws BERTH_IMAGE for an error line, which comes under status 200 */
async function progress(stream: Readable, reference: string): Promise<void> {
  for await (const line of textLines(stream)) {
    if (line.trim() === '') continue;
    const { error }: { error?: string } = JSON.parse(line);
    if (error !== undefined) throw new BerthError('BERTH_IMAGE', `${reference}: ${error}`);
  }
}

async function exec(
  modem: EngineModem,
  { id, command }: { id: string; command: string[] },
  { stdin, onOutput, signal, timeoutMs = 60_000 }: ExecOptions = {},
): Promise<ExecResult> {
  const late = () => new BerthError('BERTH_TIMEOUT', `${command[0]} did not end within ${timeoutMs} ms`);
  const work = async (inner: AbortSignal): Promise<ExecResult> => {
    const limits = { signal: inner, timeoutMs };
    const body = { AttachStdin: stdin !== undefined, AttachStdout: true, AttachStderr: true, Cmd: command };
    const path = `/containers/${encodeURIComponent(id)}/exec`;
    const { Id } = await modem.call<{ Id: string }>({ method: 'POST', path, body }, limits);
    const start = { method: 'POST', path: `/exec/${Id}/start`, body: { Detach: false, Tty: false } } as const;
    const output = new Capture(OUTPUT_LIMIT);
    const take = onOutput ?? ((frame) => output.take(frame));
    const stream =
      stdin === undefined ? await modem.stream(start, limits) : (await modem.hijack(start, limits)).end(stdin);
    for await (const frame of demultiplex(stream)) take(frame);
    for (;;) {
      const state = await modem.call<{ Running: boolean; ExitCode: number | null }>(
        { method: 'GET', path: `/exec/${Id}/json` },
        limits,
      );
      // Output ends a moment before the engine has noted the exit.
      if (!state.Running && state.ExitCode !== null)
        return {
          code: state.ExitCode,
          stdout: output.bytes('stdout').toString(),
          stderr: output.bytes('stderr').toString(),
        };
      await sleep(modem.clock, 20, inner);
    }
  };
  try {
    return await withTimeout(modem.clock, timeoutMs, late, work, signal);
  } catch (error) {
    throw signal?.aborted ? error : modem.failure(error);
  }
}

const summary = ({ Id, Names, Image, State, Labels }: ContainerInfo): ContainerSummary => ({
  id: Id,
  name: Names[0]?.replace(/^\//, '') ?? '',
  image: Image,
  state: State,
  labels: Labels,
});

function details({ Id, Name, Config, State, RestartCount }: ContainerInspectInfo): ContainerDetails {
  const health = State.Health?.Status;
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    image: Config.Image,
    state: State.Status,
    labels: Config.Labels,
    pid: State.Pid,
    // Year 1 is Go's way to say never.
    startedAt: State.StartedAt.startsWith('0001-') ? '' : State.StartedAt,
    exitCode: State.ExitCode,
    error: State.Error,
    restarts: RestartCount,
    oomKilled: State.OOMKilled,
    ...(health === 'starting' || health === 'healthy' || health === 'unhealthy' ? { health } : {}),
  };
}

function event(line: string): EngineEvent {
  const { Action, Actor }: { Action: string; Actor: { ID: string; Attributes: Record<string, string> | null } } =
    JSON.parse(line);
  return { action: Action, containerId: Actor.ID, labels: Actor.Attributes ?? {} };
}

export const hasStatus = (error: unknown, status: number): error is EngineError =>
  error instanceof EngineError && error.statusCode === status;

const hasTag = (reference: string): boolean => /[:@]/.test(reference.slice(reference.lastIndexOf('/') + 1));

/** In a path the slashes of a reference stay as they are. */
const imagePath = (reference: string): string => reference.split('/').map(encodeURIComponent).join('/');

function repositoryAndTag(reference: string): { repo: string; tag: string } {
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/')
    ? { repo: reference.slice(0, colon), tag: reference.slice(colon + 1) }
    : { repo: reference, tag: 'latest' };
}

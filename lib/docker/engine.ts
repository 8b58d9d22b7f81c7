/**
 * The part of Docker Engine's API that berth uses. Three implementations: dockerode over TLS or a socket, engines in
 * memory (the hollow location), and the same through the simulation's faults.
 * Calls fail with BERTH_ENGINE_UNREACHABLE (nobody answered), BERTH_ENGINE (refused, `statusCode` says why), BERTH_IMAGE.
 */

import { BerthError } from '../errors/index.ts';
import type { Frame } from './frames.ts';

export class EngineError extends BerthError {
  /** HTTP status of the engine's answer: 404 no such, 409 conflict, 500 … */
  readonly statusCode: number;
  constructor(statusCode: number, message: string) {
    super('BERTH_ENGINE', message);
    this.statusCode = statusCode;
  }
}

export interface EngineInfo {
  /** Engine's own id, kept over restarts. */
  id: string;
  version: string;
  /** As `uname -m`: x86_64, aarch64. Absent: of no matter (engines in memory). */
  architecture?: string;
  cpus: number;
  memory: number;
  /** Names of registered runtimes: `runc`, `berth`, … */
  runtimes: string[];
  registryMirrors: string[];
}

export interface ContainerSummary {
  id: string;
  /** Without the leading slash. */
  name: string;
  image: string;
  /** Docker's word: created, running, paused, restarting, removing, exited, dead. */
  state: string;
  labels: Record<string, string>;
  /** IPv4 in the first of its networks; absent where it has none or does not run. */
  address?: string;
}

export interface ContainerDetails extends ContainerSummary {
  pid: number;
  /** RFC 3339; '' when never started. */
  startedAt: string;
  exitCode: number;
  error: string;
  restarts: number;
  health?: 'starting' | 'healthy' | 'unhealthy';
  /** The engine or a user stopped it on purpose: not to be started by restart policy. */
  oomKilled: boolean;
}

export interface CreateOptions {
  name: string;
  image: string;
  hostname: string;
  labels: Record<string, string>;
  env: Record<string, string>;
  command?: string[];
  entrypoint?: string[];
  user?: string;
  /** `host` with the runtime shim; `none` for a pause container; `container:<id>`. */
  networkMode: string;
  /** Absent: the engine's default. */
  runtime?: string;
  restart: 'no' | 'always' | 'on-failure' | 'unless-stopped';
  stopGrace: number;
  cpus: number;
  memory: number;
  binds: string[];
  extraHosts: { name: string; address: string }[];
  /** Name servers; none: the engine's own. */
  dns: string[];
  /** Domains in which names without dots are looked for; absent: the engine's own. */
  dnsSearch?: string[];
  healthCheck?: { test: string[]; interval: number; timeout: number; retries: number; startPeriod: number };
  /** Further HostConfig and Config fields, for the sandbox location only. */
  raw?: { config?: object; hostConfig?: object };
}

export interface EngineEvent {
  /** start, die, destroy, health_status: healthy, … */
  action: string;
  containerId: string;
  labels: Record<string, string>;
}

/** How a command ended, and what it wrote where `onOutput` was not given that: as text, at most 1 MiB of each stream. */
export interface ExecResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CallLimits {
  signal?: AbortSignal;
  /** Milliseconds for the whole call. Default 60,000; pulls 600,000. */
  timeoutMs?: number;
}

export interface ExecOptions extends CallLimits {
  /** What the command reads. Absent: it has no standard input. */
  stdin?: string;
  /** Given all that the command writes, as it comes; then none of it is in the result. Engines in memory have only a result. */
  onOutput?: (frame: Frame) => void;
}

export interface Engine {
  info(limits?: CallLimits): Promise<EngineInfo>;
  /** All containers, stopped ones too, that carry the label (`key` or `key=value`). */
  list(label: string, limits?: CallLimits): Promise<ContainerSummary[]>;
  /** @throws EngineError 404 */
  inspect(id: string, limits?: CallLimits): Promise<ContainerDetails>;
  hasImage(reference: string, limits?: CallLimits): Promise<boolean>;
  /** @throws BERTH_IMAGE with the registry's words, also where the engine answers 200 and then an error line */
  pull(reference: string, limits?: CallLimits): Promise<void>;
  /**
   * Makes an image of a root file system: `tar` uncompressed. Absent where images need not be made (engines in memory).
   * @param command what a container of it runs
   */
  importImage?(reference: string, tar: Buffer, command: string[], limits?: CallLimits): Promise<void>;
  /** @returns the id; @throws EngineError 409 when the name is taken, 404 when the image is missing */
  create(options: CreateOptions, limits?: CallLimits): Promise<string>;
  /** Already running counts as done. */
  start(id: string, limits?: CallLimits): Promise<void>;
  /** Already stopped counts as done. */
  stop(id: string, graceSeconds: number, limits?: CallLimits): Promise<void>;
  /** With anonymous volumes, by force; already gone counts as done. */
  remove(id: string, limits?: CallLimits): Promise<void>;
  /** Runs a command to its end. */
  exec(id: string, command: string[], options?: ExecOptions): Promise<ExecResult>;
  /** Raw log frames, demultiplexed. Ends with the container (follow) or at once. */
  logs(
    id: string,
    options: { follow: boolean; tail?: number; timestamps: boolean; since?: number },
    signal: AbortSignal,
  ): AsyncIterable<{ stream: 'stdout' | 'stderr'; data: Buffer }>;
  /** Hints: lossy, late, doubled. Ends when the connection does or the signal aborts. */
  events(signal: AbortSignal): AsyncIterable<EngineEvent>;
  close(): void;
}

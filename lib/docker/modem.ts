import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Duplex, Readable } from 'node:stream';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import { BerthError, messageOf } from '../errors/index.ts';
import { type Clock, withTimeout } from '../platform/index.ts';
import { type CallLimits, EngineError } from './engine.ts';

/** Where an engine is: a socket of this machine, or TLS with certificates of both sides, PEM. */
export type EngineTarget =
  | { socketPath: string }
  | { host: string; port: number; ca: string; cert: string; key: string };

export interface Request {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: object;
  /** Sent as it is instead of a body. */
  tar?: Buffer;
}

/** 304 means that it was so already: start and stop of what has started or stopped. */
const FINE = { 200: true, 201: true, 204: true, 304: true };

/** Milliseconds for a call that says nothing else. */
const CALL_TIMEOUT = 60_000;

/** Docker's API by docker-modem, without its traps: its time-out kills quiet streams, its environment overrules its options. */
export class EngineModem {
  readonly clock: Clock;
  readonly #modem: Docker['modem'];
  readonly #agent: HttpAgent;
  readonly #where: string;

  constructor(target: EngineTarget, clock: Clock) {
    this.clock = clock;
    const keep = { keepAlive: true, keepAliveMsecs: 15_000, maxFreeSockets: 4 };
    if ('socketPath' in target) {
      this.#where = target.socketPath;
      this.#agent = new HttpAgent(keep);
    } else {
      const { host, port, ca, cert, key } = target;
      this.#where = `${host}:${port}`;
      // The certificates are the agent's: modem would write its own into the log that DEBUG=modem asks for.
      this.#agent = new HttpsAgent({ ...keep, ca, cert, key });
    }
    // Modem describes each request in full for that log, agent and sockets, whether or not anybody reads it.
    Object.assign(this.#agent, { [inspect.custom]: () => `Agent(${this.#where})` });
    const options = {
      // What is left out here modem takes from DOCKER_HOST and its kin.
      ...('socketPath' in target
        ? { socketPath: target.socketPath, host: undefined, port: undefined, protocol: 'http' as const }
        : { socketPath: undefined, host: target.host, port: target.port, protocol: 'https' as const }),
      ca: undefined,
      cert: undefined,
      key: undefined,
      timeout: undefined,
      pathPrefix: '/',
      agent: this.#agent,
    };
    this.#modem = new Docker(options).modem;
  }

  /**
   * One answer, parsed; undefined where there is none.
   * @throws EngineError for a refusal, BERTH_ENGINE_UNREACHABLE
   */
  call<T>(request: Request, limits?: CallLimits): Promise<T> {
    return this.#within(limits, async (signal) => {
      const answer = await this.#dial(request, signal);
      const chunks: Buffer[] = [];
      // Read here: modem waits for ever for the end of an answer that breaks off.
      for await (const chunk of endedBy(answer, signal)) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      return text === '' ? undefined : JSON.parse(text);
    });
  }

  /** An answer that goes on, until the signal aborts. The time-out is for its beginning. */
  async stream(request: Request, limits: CallLimits = {}): Promise<Readable> {
    return endedBy(await this.#within(limits, (signal) => this.#dial(request, signal)), limits.signal);
  }

  /** A connection that both sides write to. */
  async hijack(request: Request, limits: CallLimits = {}): Promise<Duplex> {
    const connection = await this.#within(limits, (signal) => this.#dial(request, signal, { hijack: true }));
    if (!(connection instanceof Duplex)) throw new BerthError('BERTH_ENGINE', 'the engine did not switch protocols');
    return endedBy(connection, limits.signal);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #within<T>({ signal, timeoutMs = CALL_TIMEOUT }: CallLimits = {}, work: (signal: AbortSignal) => Promise<T>) {
    const late = () =>
      new BerthError('BERTH_ENGINE_UNREACHABLE', `${this.#where} did not answer within ${timeoutMs} ms`);
    try {
      return await withTimeout(this.clock, timeoutMs, late, work, signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw this.failure(error);
    }
  }

  #dial({ method, path, query = {}, body = {}, tar }: Request, abortSignal: AbortSignal, how = {}): Promise<Readable> {
    return new Promise((resolve, reject) => {
      this.#modem.dial(
        {
          method,
          path: `${path}?`,
          options: { _query: defined(query), _body: body },
          ...(tar ? { file: tar } : {}),
          statusCodes: FINE,
          isStream: true,
          abortSignal,
          ...how,
        },
        (error, answer) => {
          if (error) reject(error);
          else if (answer instanceof Readable) resolve(answer);
          else reject(new Error('no answer'));
        },
      );
    });
  }

  /** What anything thrown by modem or a stream of it means. */
  failure(error: unknown): Error {
    if (error instanceof BerthError) return error;
    const { statusCode, words } = describe(error);
    if (statusCode !== undefined) return new EngineError(statusCode, words);
    return new BerthError('BERTH_ENGINE_UNREACHABLE', `${this.#where} does not answer`, {
      found: messageOf(error),
      cause: error,
    });
  }
}

function describe(error: unknown): { statusCode?: number; words: string } {
  const words = messageOf(error);
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return { words };
  const { statusCode } = error;
  if (typeof statusCode !== 'number') return { words };
  // "(HTTP code 409) unexpected - Conflict. …": the engine's own words are what follows.
  return { statusCode, words: words.replace(/^\(HTTP code \d+\) .*? - /, '') };
}

function endedBy<T extends Readable>(stream: T, signal: AbortSignal | undefined): T {
  // A stream that breaks while nobody reads it must not bring the process down; who reads it is told all the same.
  stream.on('error', () => undefined);
  if (!signal) return stream;
  const end = () => void stream.destroy();
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  stream.once('close', () => signal.removeEventListener('abort', end));
  return stream;
}

const defined = (query: NonNullable<Request['query']>): object =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));

import { BerthError, isCode } from '../../lib/errors/index.ts';
import { type Port, request } from './http.ts';
import { Patience } from './patience.ts';
import type { ContainerView } from './resources/containers.ts';
import { complain, type ExitCode, type Session } from './session.ts';

export interface LogOptions {
  /** Goes on with what the containers say. */
  follow?: boolean;
  timestamps?: boolean;
  /** Lines from the end; absent: all. */
  tail?: number | undefined;
  /** Seconds. */
  since?: number | undefined;
  signal: AbortSignal;
}

/** Milliseconds until the port has to say something, unless it follows: more than it gives a host's engine. */
const ANSWER_WITHIN = 90_000;

/** Writes output where it belongs, and waits while that is full. */
export type Sink = (data: Buffer | string) => Promise<void>;

/** `berth logs`: what containers wrote; of several, each line after the name of its container. */
export async function logs(
  session: Pick<Session, 'clock' | 'note'>,
  containers: readonly ContainerView[],
  { port, sink, ...options }: LogOptions & { port: Port; sink: Sink },
): Promise<ExitCode> {
  const errors: BerthError[] = [];
  const several = containers.length > 1;
  const print = async ({ id, name }: ContainerView): Promise<void> => {
    try {
      const path = `/v1/logs/${id.split('/').map(encodeURIComponent).join('/')}?${queryOf(session, options)}`;
      const patience = new Patience(session.clock, options.follow ? undefined : ANSWER_WITHIN, options.signal);
      const response = await patience.wait(request(port, path, { type: 'text/plain', signal: patience.signal }));
      const chunks = patience.each<Buffer>(response);
      if (!several) for await (const chunk of chunks) await sink(chunk);
      else for await (const line of lines(chunks)) await sink(`[${name}] ${line}\n`);
    } catch (error) {
      if (options.signal.aborted) return;
      if (!(error instanceof BerthError))
        errors.push(new BerthError('BERTH_UNREACHABLE', 'the logs broke off', { place: name, cause: error }));
      // The same would be said of each of them.
      else if (!several || isCode(error, 'BERTH_UNREACHABLE', 'BERTH_UNAUTHORIZED')) throw error;
      else errors.push(error);
    }
  };
  if (options.follow) await Promise.all(containers.map(print));
  else for (const container of containers) await print(container);
  return complain(session, errors);
}

function queryOf({ clock }: Pick<Session, 'clock'>, { follow, timestamps, tail, since }: LogOptions): URLSearchParams {
  return new URLSearchParams({
    ...(follow && { follow: 'true' }),
    ...(timestamps && { timestamps: 'true' }),
    ...(tail !== undefined && { tail: String(tail) }),
    ...(since !== undefined && { since: String(Math.floor(clock.now() / 1000 - since)) }),
  });
}

/** Whole lines without their ends; the last also where its end is missing. */
export async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

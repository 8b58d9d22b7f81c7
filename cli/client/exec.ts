import { BerthError, isCode } from '../../lib/errors/index.ts';
import { withTimeout } from '../../lib/platform/index.ts';
import { OUTPUT_LIMIT, REQUEST_LIMIT } from '../options/http.ts';
import { type Port, requestJson } from './http.ts';
import type { ContainerView } from './resources/containers.ts';
import type { Session } from './session.ts';

export interface ExecOptions {
  command: readonly string[];
  stdin?: Buffer;
  /** Seconds that the command may take. */
  timeout: number;
  signal: AbortSignal;
}

/** Where what a command wrote goes, byte by byte. */
export interface Streams {
  stdout(data: Buffer): void;
  stderr(data: Buffer): void;
}

/** Seconds that the port has beyond the command's own: to find the container, to reach its host, and to answer. */
const MARGIN = 30;

/**
 * `berth exec`: runs a command in a container to its end, once.
 *
 * @returns its exit code; 1 where its output was cut
 * @throws BERTH_USAGE when several containers are meant, or stdin is no text; BERTH_TOO_LARGE; what the HTTP port says
 */
export async function exec(
  session: Pick<Session, 'clock' | 'note'>,
  containers: readonly ContainerView[],
  { port, streams, command, stdin, timeout, signal }: ExecOptions & { port: Port; streams: Streams },
): Promise<number> {
  const [container] = containers;
  if (!container || containers.length > 1)
    throw new BerthError('BERTH_USAGE', 'a command runs in one container', {
      found: containers.map(({ name }) => name).join(', '),
      expected: 'one of them',
    });
  const body = { command, timeout, ...(stdin && { stdin: textOf(stdin) }) };
  checkSize(body);
  const path = `/v1/exec/${container.id.split('/').map(encodeURIComponent).join('/')}`;
  const late = () =>
    new BerthError('BERTH_TIMEOUT', `the controllers’ HTTP port did not answer within ${timeout + MARGIN} s`, {
      hint: 'see whether they hang; what the command began may still run in the container',
    });
  const ask = (signal: AbortSignal) => requestJson(port, path, { body, signal });
  const answer = await withTimeout(session.clock, (timeout + MARGIN) * 1000, late, ask, signal).catch(explained);
  const { code, stdout, stderr, truncated } = resultOf(answer);
  streams.stdout(stdout);
  streams.stderr(stderr);
  if (!truncated) return code;
  session.note(
    `error: the command ended with ${code}, and wrote more than ${OUTPUT_LIMIT >> 20} MiB: the rest is missing`,
  );
  session.note('Have it write to a file in the container, and read that in parts.');
  return 1;
}

/** The port's own words on time, with what is to be done here. */
function explained(error: unknown): never {
  if (!isCode(error, 'BERTH_TIMEOUT') || error.details.hint !== undefined) throw error;
  const hint = 'give it longer by --timeout, at most 1h; what it began may still run in the container';
  throw new BerthError('BERTH_TIMEOUT', error.message, { hint, cause: error });
}

function textOf(stdin: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(stdin);
  } catch {
    throw new BerthError('BERTH_USAGE', 'stdin is not UTF-8, and goes to a container as text only');
  }
}

/** @throws BERTH_TOO_LARGE for what the port would not read to its end */
function checkSize(body: object): void {
  const size = Buffer.byteLength(JSON.stringify(body));
  if (size <= REQUEST_LIMIT) return;
  throw new BerthError('BERTH_TOO_LARGE', 'the command and its stdin are too large', {
    found: `${size} bytes as JSON`,
    expected: `at most ${REQUEST_LIMIT}`,
    hint: 'send it in parts, each appended to a file in the container, or let the container fetch it',
  });
}

interface Result {
  code: number;
  stdout: Buffer;
  stderr: Buffer;
  truncated: boolean;
}

function resultOf(answer: unknown): Result {
  if (typeof answer === 'object' && answer !== null && 'code' in answer && 'stdout' in answer && 'stderr' in answer) {
    const { code, stdout, stderr } = answer;
    if (typeof code === 'number' && typeof stdout === 'string' && typeof stderr === 'string')
      return {
        code,
        stdout: Buffer.from(stdout, 'base64'),
        stderr: Buffer.from(stderr, 'base64'),
        truncated: 'truncated' in answer && answer.truncated === true,
      };
  }
  throw new BerthError('BERTH_INTERNAL', 'the HTTP port answers something else', {
    found: JSON.stringify(answer).slice(0, 200),
  });
}

import { BerthError, isCode } from '../../lib/errors/index.ts';
import { type Port, readText, request } from './http.ts';
import type { ContainerView } from './resources/containers.ts';
import type { Session } from './session.ts';

export interface ExecOptions {
  command: readonly string[];
  stdin?: Buffer;
  /** Seconds that the command may take. */
  timeout: number;
  signal: AbortSignal;
}

/**
 * `berth exec`: runs a command in a container to its end, once.
 *
 * @returns its exit code
 * @throws BERTH_USAGE when several containers are meant, or stdin is no text; what the HTTP port says
 */
export async function exec(
  session: Pick<Session, 'print'> & { readonly printError: (text: string) => void },
  containers: readonly ContainerView[],
  { port, command, stdin, timeout, signal }: ExecOptions & { port: Port },
): Promise<number> {
  const [container] = containers;
  if (!container || containers.length > 1)
    throw new BerthError('BERTH_USAGE', 'a command runs in one container', {
      found: containers.map(({ name }) => name).join(', '),
      expected: 'one of them',
    });
  const response = await request(port, `/v1/exec/${container.id.split('/').map(encodeURIComponent).join('/')}`, {
    body: { command, timeout, ...(stdin && { stdin: textOf(stdin) }) },
    signal,
  }).catch((error: unknown) => {
    if (!isCode(error, 'BERTH_TIMEOUT')) throw error;
    const hint = 'give it longer by --timeout, at most 1h; what it began may still run in the container';
    throw new BerthError('BERTH_TIMEOUT', error.message, { hint, cause: error });
  });
  const { code, stdout, stderr } = resultOf(await readText(response));
  session.print(stdout);
  session.printError(stderr);
  return code;
}

function textOf(stdin: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(stdin);
  } catch {
    throw new BerthError('BERTH_USAGE', 'stdin is not UTF-8, and goes to a container as text only');
  }
}

function resultOf(text: string): { code: number; stdout: string; stderr: string } {
  const value: unknown = JSON.parse(text);
  if (typeof value === 'object' && value !== null && 'code' in value && 'stdout' in value && 'stderr' in value) {
    const { code, stdout, stderr } = value;
    if (typeof code === 'number' && typeof stdout === 'string' && typeof stderr === 'string')
      return { code, stdout, stderr };
  }
  throw new BerthError('BERTH_INTERNAL', 'the HTTP port answers something else', { found: text.slice(0, 200) });
}

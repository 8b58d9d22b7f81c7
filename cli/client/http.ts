import type { IncomingMessage } from 'node:http';
import { BerthError, type Code, codes, isCode, messageOf } from '../../lib/errors/index.ts';
import { connectionFailure, wasNotSent } from './http-failure.ts';

/** How the controllers' HTTP port is reached. Any replica answers for all. */
export interface Port {
  /** Base addresses, tried in this order. */
  addresses: readonly string[];
  token: string;
  /** PEM; absent: those that Node.js trusts. */
  ca?: string;
}

export interface Asked {
  /** Sent as JSON, by POST. */
  body?: object;
  /** Aborted with a BerthError, that is what the request fails with. */
  signal: AbortSignal;
}

/** What a path answers with. */
type MediaType = 'application/json' | 'text/plain';

/**
 * Sends a request to the first address that can be reached and knows the token.
 *
 * @returns the answer, once its head says that it is one
 * @throws what the port says went wrong; BERTH_UNREACHABLE where nobody listens, is trusted, or is a port of controllers
 */
export async function request(
  port: Port,
  path: string,
  { type, ...asked }: Asked & { type: MediaType },
): Promise<IncomingMessage> {
  const failures: BerthError[] = [];
  for (const address of port.addresses) {
    try {
      return await accepted(await send(new URL(path, address), port, asked), { address, type });
    } catch (error) {
      const failure = failureOf(error, { address, signal: asked.signal });
      // Only what was surely not done may be sent again: a command is run once.
      if (!wasNotSent(error) && !isCode(error, 'BERTH_UNAUTHORIZED')) throw failure;
      failures.push(failure);
    }
  }
  throw mostTelling(failures, port.addresses);
}

/**
 * Sends a request that is answered with JSON, as `request` does.
 *
 * @throws also BERTH_UNREACHABLE when the answer breaks off
 */
export async function requestJson(port: Port, path: string, asked: Asked): Promise<unknown> {
  const response = await request(port, path, { ...asked, type: 'application/json' });
  try {
    return JSON.parse(await readText(response));
  } catch (error) {
    if (asked.signal.reason instanceof BerthError) throw asked.signal.reason;
    throw new BerthError('BERTH_UNREACHABLE', 'the answer of the controllers’ HTTP port broke off', {
      found: messageOf(error),
      cause: error,
    });
  }
}

function failureOf(error: unknown, { address, signal }: { address: string; signal: AbortSignal }): BerthError {
  if (signal.reason instanceof BerthError) return signal.reason;
  return error instanceof BerthError ? error : connectionFailure(address, error);
}

/** Who refused the token is there; who is not trusted may be; the rest is all the same. */
function mostTelling(failures: readonly BerthError[], addresses: readonly string[]): BerthError {
  const told =
    failures.find(({ code }) => code === 'BERTH_UNAUTHORIZED') ?? failures.find(({ details }) => details.hint);
  return told ?? connectionFailure(addresses.join(', '), failures.at(-1)?.cause);
}

async function send(url: URL, { token, ca }: Port, { body, signal }: Asked): Promise<IncomingMessage> {
  const { request: start } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const text = body && JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = start(
      url,
      {
        method: text === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
        signal,
        ...(ca !== undefined && { ca }),
      },
      resolve,
    );
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

/** @throws the error that the body tells of; BERTH_UNREACHABLE when somebody else answers */
async function accepted(
  response: IncomingMessage,
  { address, type }: { address: string; type: MediaType },
): Promise<IncomingMessage> {
  const { statusCode, headers } = response;
  if (statusCode === 200 && headers['content-type']?.startsWith(type)) return response;
  const text = await beginningOf(response);
  const refusal = statusCode === 200 ? undefined : refusalOf(text);
  if (refusal) {
    const { code, message } = refusal;
    throw new BerthError(code, message, code === 'BERTH_UNAUTHORIZED' ? { place: address } : {});
  }
  throw new BerthError('BERTH_UNREACHABLE', 'what answers there is not the controllers’ HTTP port', {
    place: address,
    found: `${statusCode} ${JSON.stringify(text.slice(0, 80))}`,
    hint: 'name the address of that by --http or BERTH_HTTP',
  });
}

function refusalOf(text: string): { code: Code; message: string } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('code' in value) || !('message' in value)) return undefined;
    const { code, message } = value;
    return isKnown(code) && typeof message === 'string' ? { code, message } : undefined;
  } catch {
    // No JSON: somebody else listens there.
    return undefined;
  }
}

const isKnown = (value: unknown): value is Code => typeof value === 'string' && Object.hasOwn(codes, value);

async function readText(response: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Characters of an answer that is none of ours: enough for any error, whoever goes on for ever. */
const BEGINNING = 1 << 16;

async function beginningOf(response: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of response) {
    text += chunk;
    if (text.length > BEGINNING) break;
  }
  return text;
}

import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { BerthError, type Code, codes, messageOf } from '../../lib/errors/index.ts';
import type { MemberRecord } from '../../lib/records/index.ts';
import { isLoopback } from '../server/address.ts';
import type { State } from './reading.ts';

/** How the controllers' HTTP port is reached. Any replica answers for all. */
export interface Port {
  /** Base addresses, tried in this order. */
  addresses: readonly string[];
  token: string;
  /** PEM; absent: those that Node.js trusts. */
  ca?: string;
}

/**
 * Where the port is: at the address given, else at those that the replicas announce, this machine's first. Addresses on
 * which the token would travel in the clear are left out.
 *
 * @param given  `http://127.0.0.1:7070`, with or without `http://`
 * @throws BERTH_USAGE for an address that is none, or not safe
 */
export function addressesOf(given: string | undefined, state: State, fallback: string): string[] {
  if (given !== undefined) {
    const url = urlOf(given);
    if (!url)
      throw new BerthError('BERTH_USAGE', '--http is not an address', { found: given, expected: 'https://host:port' });
    if (!isSafe(url))
      throw new BerthError('BERTH_USAGE', 'the token would travel in the clear', {
        found: given,
        expected: 'https, or an address of this machine',
      });
    return [url.origin];
  }
  const here = (member: MemberRecord) => Number(member.hostname !== hostname());
  const announced = state
    .list('members')
    .map(({ value }) => value)
    .sort((a, b) => here(a) - here(b))
    .flatMap(({ http }) => http ?? [])
    .filter((address) => {
      const url = urlOf(address);
      return url !== undefined && isSafe(url);
    });
  return [...new Set([...announced, urlOf(fallback)?.origin ?? fallback])];
}

function urlOf(text: string): URL | undefined {
  const full = /^https?:\/\//.test(text) ? text : `http://${text}`;
  return URL.canParse(full) ? new URL(full) : undefined;
}

const isSafe = ({ protocol, hostname: host, port }: URL): boolean =>
  protocol === 'https:' || isLoopback({ host: host.replace(/^\[|\]$/g, ''), port: Number(port) });

/**
 * Sends a request to the first address that can be reached.
 *
 * @param body  sent as JSON, by POST
 * @returns the answer, once its status says that it is one
 * @throws what the port says went wrong; BERTH_STORE_UNAVAILABLE's kin for a port that nobody listens on
 */
export async function request(
  port: Port,
  path: string,
  { body, signal }: { body?: object; signal: AbortSignal },
): Promise<IncomingMessage> {
  let unreachable: unknown;
  for (const address of port.addresses) {
    try {
      return await accepted(await send(new URL(path, address), port, { body, signal }));
    } catch (error) {
      // Only what surely did not arrive may be sent again: a command is run once.
      if (!isUnreached(error)) throw error instanceof BerthError ? error : broken(address, error);
      unreachable = error;
    }
  }
  throw broken(port.addresses.join(', '), unreachable);
}

const broken = (address: string, cause: unknown): BerthError =>
  new BerthError('BERTH_UNREACHABLE', 'the controllers’ HTTP port does not answer', {
    place: address,
    found: messageOf(cause),
    cause,
  });

const isUnreached = (error: unknown): boolean =>
  error instanceof AggregateError
    ? error.errors.every(isUnreached)
    : error instanceof Error && 'syscall' in error && (error.syscall === 'connect' || error.syscall === 'getaddrinfo');

async function send(
  url: URL,
  { token, ca }: Port,
  { body, signal }: { body?: object | undefined; signal: AbortSignal },
): Promise<IncomingMessage> {
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

/** @throws the error that the body tells of */
async function accepted(response: IncomingMessage): Promise<IncomingMessage> {
  if (response.statusCode === 200) return response;
  const text = await readText(response);
  const { code, message } = refusalOf(text);
  throw new BerthError(code, message ?? `the HTTP port answered ${response.statusCode}: ${text.slice(0, 200)}`);
}

function refusalOf(text: string): { code: Code; message?: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'code' in value && 'message' in value) {
      const { code, message } = value;
      if (isCode(code) && typeof message === 'string') return { code, message };
    }
  } catch {
    // No JSON: somebody else listens there.
  }
  return { code: 'BERTH_INTERNAL' };
}

const isCode = (value: unknown): value is Code => typeof value === 'string' && Object.hasOwn(codes, value);

/** All of an answer. */
export async function readText(response: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance } from 'fastify';
import { Capture, type Engine } from '../../../lib/docker/index.ts';
import { messageOf } from '../../../lib/errors/index.ts';
import type { Log } from '../../../lib/platform/index.ts';
import { OUTPUT_LIMIT } from '../../options/http.ts';

/**
 * A container by `<namespace>/<app>/<name>`: its engine, and Docker's id.
 * @throws BERTH_NOT_FOUND; BERTH_ENGINE_UNREACHABLE; BERTH_STORE_UNAVAILABLE while the records are not read yet
 */
export type FindContainer = (container: string) => Promise<{ engine: Engine; id: string }>;

interface Named {
  namespace: string;
  app: string;
  container: string;
}

interface LogsQuery {
  follow?: boolean;
  tail?: number;
  since?: number;
  timestamps?: boolean;
}

interface ExecBody {
  command: string[];
  stdin?: string;
  timeout: number;
}

// `?follow` alone says yes.
const flag = { anyOf: [{ type: 'boolean' }, { type: 'string', maxLength: 0 }] };
const logsQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    follow: flag,
    tail: { type: 'integer', minimum: 0 },
    since: { type: 'number', minimum: 0, description: 'seconds since the epoch' },
    timestamps: flag,
  },
};
const execBody = {
  type: 'object',
  additionalProperties: false,
  required: ['command'],
  properties: {
    command: { type: 'array', minItems: 1, items: { type: 'string' } },
    stdin: { type: 'string' },
    timeout: { type: 'number', exclusiveMinimum: 0, maximum: 3600, default: 60, description: 'seconds' },
  },
};

/**
 * Logs and commands of containers on any host, answered by any replica.
 *
 *     GET  /v1/logs/<namespace>/<app>/<container>?follow&tail=10&since=1700000000&timestamps
 *          → 200, text: standard output and standard error as they come
 *     POST /v1/exec/<namespace>/<app>/<container>    {"command": ["redis-cli", "ping"], "stdin": "…", "timeout": 60}
 *          → 200 {"code": 0, "stdout": "UE9ORwo=", "stderr": ""}: what it wrote, in base64; at most 1 MiB of each, and
 *          "truncated": true where there was more
 */
export function addContainerRoutes(app: FastifyInstance, find: FindContainer, log: Log): void {
  app.get<{ Params: Named; Querystring: LogsQuery }>(
    '/v1/logs/:namespace/:app/:container',
    { schema: { querystring: logsQuery } },
    async ({ params, query }, reply) => {
      const gone = new AbortController();
      reply.raw.on('close', () => gone.abort());
      const { engine, id } = await find(pathOf(params));
      // What can be refused is refused now: once the stream has begun, it can only break off.
      await engine.inspect(id, { signal: gone.signal });
      const { tail, since } = query;
      const options = {
        follow: isSet(query.follow),
        timestamps: isSet(query.timestamps),
        ...(tail !== undefined && { tail }),
        ...(since !== undefined && { since }),
      };
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
      reply.raw.flushHeaders();
      try {
        await pipeline(Readable.from(bytes(engine.logs(id, options, gone.signal))), reply.raw);
      } catch (error) {
        if (!gone.signal.aborted) log.warn({ container: pathOf(params), error: messageOf(error) }, 'logs broke off');
        reply.raw.destroy();
      }
    },
  );

  app.post<{ Params: Named; Body: ExecBody }>(
    '/v1/exec/:namespace/:app/:container',
    { schema: { body: execBody } },
    async ({ params, body }, reply) => {
      const gone = new AbortController();
      reply.raw.on('close', () => gone.abort());
      const { engine, id } = await find(pathOf(params));
      const { command, stdin, timeout } = body;
      const output = new Capture(OUTPUT_LIMIT);
      const { code, ...text } = await engine.exec(id, command, {
        signal: gone.signal,
        timeoutMs: timeout * 1000,
        ...(stdin !== undefined && { stdin }),
        onOutput: (frame) => output.take(frame),
      });
      const written = (stream: 'stdout' | 'stderr') => {
        // All that an engine in memory says.
        output.take({ stream, data: Buffer.from(text[stream]) });
        return output.bytes(stream).toString('base64');
      };
      const answer = { code, stdout: written('stdout'), stderr: written('stderr') };
      return { ...answer, ...(output.truncated && { truncated: true }) };
    },
  );
}

const pathOf = ({ namespace, app, container }: Named): string => `${namespace}/${app}/${container}`;
const isSet = (value: boolean | string | undefined): boolean => value === true || value === '';

async function* bytes(frames: AsyncIterable<{ data: Buffer }>): AsyncIterable<Buffer> {
  for await (const { data } of frames) yield data;
}

import { createServer as createPlain, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { type FastifyInstance, fastify } from 'fastify';
import type { Registry } from '../../../lib/metrics/index.ts';
import type { Log } from '../../../lib/platform/index.ts';
import { REQUEST_LIMIT } from '../../options/http.ts';
import { addContainerRoutes, type FindContainer } from './containers.ts';
import { refusal, refusalOf } from './errors.ts';
import { addNetworkRoutes, type ReadHostNetwork } from './networks.ts';
import { carries } from './token.ts';

export interface HttpOptions {
  /** For whoever asks for more than whether this process lives. */
  token: string;
  /** PEM. Absent: plain HTTP. */
  tls?: { cert: string; key: string };
  /** Whether metrics are for everybody who reaches the port. */
  metrics: 'open' | 'guarded';
  registry: Registry;
  ready(): { ready: boolean; why: string };
  find: FindContainer;
  readNetwork: ReadHostNetwork;
  log: Log;
}

/** Milliseconds for a request's headers, and for all of it: nobody keeps a socket by saying nothing. */
const HEADERS_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 30_000;
const MAX_CONNECTIONS = 1000;

/** The HTTP port of a process of controllers. Closing it ends what is still being followed. */
export function createHttp({
  token,
  tls,
  metrics,
  registry,
  ready,
  find,
  readNetwork,
  log,
}: HttpOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: REQUEST_LIMIT,
    forceCloseConnections: true,
    // What is not understood is refused: neither dropped, nor made a list.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true } },
    routerOptions: { maxParamLength: 255 },
    serverFactory: (handler) => limited(tls ? createSecure({ ...tls }, handler) : createPlain(handler)),
  });
  const open = new Set(['/healthz', '/readyz', ...(metrics === 'open' ? ['/metrics'] : [])]);

  app.addHook('onRequest', async ({ routeOptions, headers }, reply) => {
    if (open.has(routeOptions.url ?? '') || carries(headers.authorization, token)) return;
    const { status, body } = refusal('BERTH_UNAUTHORIZED', 'this needs the header Authorization: Bearer <token>');
    return reply.code(status).header('www-authenticate', 'Bearer realm="berth"').send(body);
  });
  app.setNotFoundHandler((request, reply) => {
    const { status, body } = refusal('BERTH_NOT_FOUND', `no such path: ${request.method} ${request.url}`);
    return reply.code(status).send(body);
  });
  app.setErrorHandler((error, _request, reply) => {
    const { status, body } = refusalOf(error, log);
    return reply.code(status).send(body);
  });

  app.get('/healthz', async (_request, reply) => reply.type('text/plain').send('ok\n'));
  app.get('/readyz', async (_request, reply) => {
    const state = ready();
    return reply
      .code(state.ready ? 200 : 503)
      .type('text/plain')
      .send(state.ready ? 'ok\n' : `not ready: ${state.why}\n`);
  });
  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  addContainerRoutes(app, find, log);
  addNetworkRoutes(app, readNetwork);
  return app;
}

function limited<T extends Server>(server: T): T {
  server.headersTimeout = HEADERS_TIMEOUT;
  server.requestTimeout = REQUEST_TIMEOUT;
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

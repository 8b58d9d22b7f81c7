import type { FastifyInstance } from 'fastify';
import type { HostNetworkState } from '../../../lib/network/index.ts';

/**
 * What is on a host's network now. Changes nothing.
 * @param host  its name, `h-1`
 * @throws BERTH_NOT_FOUND; BERTH_ENGINE_UNREACHABLE; BERTH_COMMAND; BERTH_STORE_UNAVAILABLE while the records are not read yet
 */
export type ReadHostNetwork = (host: string, signal: AbortSignal) => Promise<HostNetworkState>;

/**
 * Networks of hosts, for `berth network check`, answered by any replica.
 *
 *     GET /v1/network/<host>
 *         → 200 {"namespaces": […], "hostInterfaces": […], "intact": […], "taken": […]}
 */
export function addNetworkRoutes(app: FastifyInstance, read: ReadHostNetwork): void {
  app.get<{ Params: { host: string } }>('/v1/network/:host', async ({ params }, reply) => {
    const gone = new AbortController();
    reply.raw.on('close', () => gone.abort());
    return read(params.host, gone.signal);
  });
}

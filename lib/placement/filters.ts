import type { HostModel, Request } from './model.ts';

/**
 * A filter says yes, or why not. Its name is what `pending` counts by; its reason completes "3 of 5 hosts …".
 */
export interface Filter {
  name: string;
  /** @returns undefined when the host will do */
  reject(request: Request, host: HostModel): string | undefined;
}

/** Hosts that take new containers at all. First, so that the others need not look. */
export const schedulable: Filter = {
  name: 'schedulable',
  reject: (_, host) => (host.open === true ? undefined : host.open),
};

/** A network without a free address would take the container back at once. */
export const network: Filter = {
  name: 'network',
  reject: ({ fullNetworks }) =>
    fullNetworks.length > 0 ? `cannot help: network ${fullNetworks.join(', ')} is full` : undefined,
};

/** A float's share of a core that adding and subtracting may leave behind. */
const ROUNDING = 1e-9;

/** CPU requests never exceed a host's cores. */
export const cpus: Filter = {
  name: 'cpus',
  reject: (request, host) =>
    request.cpus > 0 && host.cpus + request.cpus > host.capacity.cpus + ROUNDING ? 'lack CPU' : undefined,
};

/** Memory requests never exceed a host's memory. */
export const memory: Filter = {
  name: 'memory',
  reject: (request, host) =>
    request.memory > 0 && host.memory + request.memory > host.capacity.memory ? 'lack memory' : undefined,
};

/** Two containers never want the same port of a host. */
export const hostPorts: Filter = {
  name: 'hostPorts',
  reject(request, host) {
    const taken = request.ports.find(
      ({ host: port, protocol }) => port !== undefined && port !== 0 && !host.free(port, protocol),
    );
    return taken && `have port ${taken.host}/${taken.protocol} taken`;
  },
};

/** @param limit containers that a host may hold */
export const maxContainers = (limit: number): Filter => ({
  name: 'maxContainers',
  reject: (_, host) => (host.containers >= limit ? `full (maxContainers ${limit})` : undefined),
});

/** The limit of the host's own record. */
export const capacity: Filter = {
  name: 'capacity',
  reject: (_, host) =>
    host.capacity.containers !== undefined && host.containers >= host.capacity.containers
      ? `full (capacity ${host.capacity.containers})`
      : undefined,
};

/** What always holds, whatever strategies a cloud names. */
export const always: readonly Filter[] = [schedulable, network, capacity, cpus, memory, hostPorts];

import { HostModel, type Request } from '../../lib/placement/index.ts';
import type { ContainerRecord, HostRecord } from '../../lib/records/index.ts';
import { type Entry, nameOf, type View } from '../../lib/store/index.ts';

/** A host may be given something new: `true`, or the words that say why not ("3 of 5 hosts …"). */
function openness(host: HostRecord): true | string {
  if (host.gone) return 'are gone';
  if (host.lost) return 'are lost';
  if (host.drain) return 'are draining';
  return host.schedulable || `are not ready (${host.phase})`;
}

/**
 * The hosts of a cloud with all that is promised on them: every assignment, and what is still on its way out (observed
 * without an assignment of its uid) with the ports that it holds until it is gone.
 */
export function modelHosts(cloud: string, state: View): Map<string, HostModel> {
  const models = new Map<string, HostModel>();
  for (const entry of state.list('hosts', cloud)) {
    const [name, host] = [nameOf(entry), entry.value];
    const model = new HostModel({ name, capacity: host.capacity, labels: host.labels, open: openness(host) });
    for (const { port, protocol } of host.foreignPorts) model.occupy(port, protocol);
    for (const assignment of state.list('assignments', name)) model.reserve(assignment.value.reserved);
    for (const { id: observedId, value: observed } of state.list('observed', name)) {
      if (state.get('assignments', observedId)?.value.uid === observed.uid) continue;
      const ports = Object.entries(observed.ports).map(([inside, outside]) => binding(inside, outside));
      model.reserve({ cpus: 0, memory: 0, ports });
    }
    models.set(name, model);
  }
  return models;
}

/** `8080/tcp` and the host's port, as observed records hold them. */
function binding(inside: string, host: number) {
  const [port, protocol] = inside.split('/');
  return { port: Number(port), protocol: protocol === 'udp' ? ('udp' as const) : ('tcp' as const), host };
}

/** What a container asks for. */
export const requestOf = ({ id, value }: Entry<'containers'>, state: View): Request => ({
  container: id,
  cpus: value.resources.cpus,
  memory: value.resources.memory,
  ports: value.ports,
  fullNetworks: value.networks.filter((name) => isFull(name, state)),
});

function isFull(name: string, state: View): boolean {
  const network = state.get('networks', name)?.value;
  return network !== undefined && network.used >= network.capacity;
}

/** Strategies that apply, in order: the cloud's, then those of the application and the service. */
export const strategiesOf = (container: ContainerRecord, cloudStrategies: readonly unknown[]): unknown[] => [
  ...cloudStrategies,
  ...container.strategies,
];

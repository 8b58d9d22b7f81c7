/** The three ways of asking for ports, as one list. */

import type { ContainerRecord, PortSpec, ServiceSpec } from '../records/index.ts';
import { byPort } from './links.ts';

type Ports = ContainerRecord['ports'];

const same = (a: PortSpec, b: PortSpec): boolean => a.port === b.port && a.protocol === b.protocol;

/**
 * openPorts get any free port of the host (`host: 0`), directPorts the same, mappedPorts the one given. A port that
 * is direct or mapped as well as open has the host port that it names, not another one. Sorted, each once.
 */
export function portsOf({ openPorts, directPorts, mappedPorts }: ServiceSpec): Ports {
  const given: Ports = [
    ...mappedPorts.map(({ port, protocol, host }) => ({ port, protocol, host })),
    ...directPorts.map(({ port, protocol }) => ({ port, protocol, host: port })),
  ];
  const open = openPorts.filter((port) => !given.some((other) => same(port, other)));
  const all = [...given, ...open.map(({ port, protocol }) => ({ port, protocol, host: 0 }))].sort(
    (a, b) => byPort(a, b) || (a.host ?? 0) - (b.host ?? 0),
  );
  return all.filter((port, index) => {
    const previous = all[index - 1];
    return !(previous && same(port, previous) && port.host === previous.host);
  });
}

/** What the container listens on, for those who reach it by its address: each port once. */
export function listeningPorts(ports: Ports): PortSpec[] {
  return ports
    .filter((port, index) => ports.findIndex((other) => same(port, other)) === index)
    .map(({ port, protocol }) => ({ port, protocol }));
}

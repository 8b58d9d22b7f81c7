/** Name servers of an application's own networks, which may be containers of its own. */

import { tryParseAddress } from '../addresses/index.ts';
import type { ApplicationSpec, BlueprintNetwork, NetworkRecord, ServiceSpec } from '../records/index.ts';
import { environmentOf, textOf } from './environment.ts';
import { ROOT, type Wait } from './evaluate.ts';
import { askedBy, nameServicesOf } from './graph.ts';
import { declaredIn, type Home, joinedBy, networkName } from './networks.ts';
import type { Soundings } from './sensors.ts';

interface Known {
  home: Home;
  soundings: Soundings;
}

/** The addresses that are known now, each once. */
export function addressesOf(network: BlueprintNetwork, spec: ApplicationSpec, known: Known): string[] {
  const environment = environmentFor(network, spec, known);
  const found = network.spec.dnsServers.flatMap((value) => {
    const text = textOf(value, environment);
    return typeof text === 'string' && tryParseAddress(text) ? [text] : [];
  });
  return [...new Set(found)];
}

/**
 * What a service waits for so that its containers are given all name servers of the networks that they join: whoever is asked
 * is up (once for each service: one that was started stays in the plan while it moves), the value is there, and the network
 * has it. Those that serve the names, and what these wait for, do not wait.
 *
 * @param networks the application's own networks that are there, by their name within it
 */
export function nameServerWaits(
  service: ServiceSpec,
  spec: ApplicationSpec,
  { networks, started, ...known }: Known & { networks: ReadonlyMap<string, NetworkRecord>; started: boolean },
): Wait[] {
  const declared = declaredIn(spec);
  const waitedFor = nameServicesOf(spec).get(service.id);
  const isExempt = (id: string) => id === ROOT || (spec.services.some((one) => one.id === id) && !waitedFor?.has(id));
  const waits: Wait[] = [];
  for (const network of joinedBy(service).flatMap((name) => declared.get(name) ?? [])) {
    const environment = environmentFor(network, spec, known);
    for (const [index, value] of network.spec.dnsServers.entries()) {
      if (typeof value === 'string') continue;
      const asked = askedBy(value.$brooklyn, network.id);
      if (asked.some(isExempt)) continue;
      const down = started ? [] : asked.filter((id) => waitedFor?.has(id) && !known.soundings.up.has(id));
      waits.push(...down.map((entity) => ({ entity, sensor: 'service.isUp' })));
      const text = textOf(value, environment);
      if (Array.isArray(text)) waits.push(...text);
      else if (!tryParseAddress(text))
        waits.push({ entity: network.id, sensor: `an IP address in dnsServers[${index}]` });
      else if (!networks.get(network.networkId)?.dns.includes(text))
        waits.push({ entity: network.id, sensor: 'network.dnsServers' });
    }
  }
  return waits;
}

const environmentFor = (network: BlueprintNetwork, spec: ApplicationSpec, { home, soundings }: Known) =>
  environmentOf(network.id, spec, soundings.seenAsNameServer(networkName(home.namespace, home.app, network.networkId)));

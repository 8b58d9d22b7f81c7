import { orphanResources, orphanWorkloads } from '../../../controllers/ippool/orphans.ts';
import type { State } from '../reading.ts';
import { type Finding, ours, SET_RIGHT } from './finding.ts';

/** What of ours in Calico nothing needs any longer. Addresses and handles are among what the audit finds. */
export function orphans(state: State, installation: string): Finding[] {
  const { pools: left, others } = orphanResources(state, installation);
  return [...left, ...others, ...orphanWorkloads(state, installation)].map(({ id }) =>
    ours(`calico/${id}`, 'belongs to nobody', 'a network or a container', 'berth frees it after ten minutes'),
  );
}

/** Networks without a record that have members: pools and profiles of theirs are not left over, the record is lost. */
export function missing(state: State): Finding[] {
  const members = new Map<string, number>();
  for (const { value } of state.list('endpoints'))
    for (const { network } of value.interfaces)
      if (!state.get('networks', network)) members.set(network, (members.get(network) ?? 0) + 1);
  return [...members].map(([network, count]) => {
    const found = `the record is missing, and the network has ${count} member${count === 1 ? '' : 's'}`;
    return ours(`networks/${network}`, found, 'the record of the network', SET_RIGHT);
  });
}

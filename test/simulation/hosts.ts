import { contains, parseCidr } from '../../lib/addresses/index.ts';
import type { EffectivePolicy, Stage } from '../../lib/calico/index.ts';
import type { HollowMachine } from '../../lib/machine/index.ts';
import { addressesOf } from '../../lib/network/index.ts';
import type { EndpointRecord } from '../../lib/records/index.ts';
import type { Ledger } from '../invariants/index.ts';

type Link = EndpointRecord['interfaces'][number];

/** An interface of a container that runs. */
interface Reached {
  machine: HollowMachine;
  link: Link;
}

/** What must hold at rest of the hosts' own networks: containers have their addresses, and reach whom they should. In words, what does not. */
export function* hostsBroken(ledger: Ledger, machines: Iterable<HollowMachine>): Iterable<string> {
  const reached: Reached[] = [];
  for (const machine of machines) {
    for (const { id, state, labels } of machine.containers.values()) {
      const endpoint = ledger.get('endpoints', `${machine.host}/${labels['io.berth.container']}`)?.value;
      if (state !== 'running' || !endpoint || endpoint.uid !== labels['io.berth.uid']) continue;
      const namespace = machine.namespaces.get(`berth-${id.slice(0, 12)}`);
      for (const link of endpoint.interfaces) {
        const has = namespace?.get(link.hostInterface) ?? [];
        if (has.join() !== addressesOf(link).join())
          yield `${machine.host}: ${link.hostInterface} has ${has.join() || 'nothing'}, not ${addressesOf(link).join()}`;
        reached.push({ machine, link });
      }
    }
  }
  for (const to of reached) {
    for (const from of reached) {
      const does = isLetIn(to.machine.policies.get(to.link.hostInterface), from.link.address);
      const should = shouldReach(ledger, from.link, to.link);
      if (does !== should)
        yield `${from.link.network} ${from.link.address} ${does ? 'reaches' : 'does not reach'} ${to.link.network} ${to.link.address}`;
    }
  }
}

/** By what users say of their networks, and the one kind of policy that somebody else puts. */
function shouldReach(ledger: Ledger, from: Link, to: Link): boolean {
  // What a policy selects is nobody else's to decide: the tier denies the rest.
  if (ledger.foreign.has(`resources/v3/projectcalico.org/globalnetworkpolicies/theirs-${to.network}`))
    return from.address.startsWith('10.');
  const network = ledger.get('networks', to.network)?.value;
  if (from.network === to.network || network?.closed === false) return true;
  return network?.allowFrom?.includes(from.network) ?? false;
}

function isLetIn(policy: EffectivePolicy | undefined, address: string): boolean {
  const single = parseCidr(`${address}/${address.includes(':') ? 128 : 32}`);
  const decide = ({ rules, otherwise }: Stage) => {
    const rule = rules.find(
      ({ source: { ranges } }) => ranges === 'any' || ranges.some((range) => contains(parseCidr(range), single)),
    );
    return rule?.action ?? otherwise;
  };
  for (const stage of policy?.ingress ?? []) {
    const decided = decide(stage);
    if (decided !== 'Pass') return decided === 'Allow';
  }
  return false;
}

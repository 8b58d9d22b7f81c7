import { Fenced } from '../../fence/index.ts';
import { addressesOf, type HostNetwork, type HostNetworkPlan } from '../../network/index.ts';
import type { HollowMachine } from './machine.ts';

/** The network of a hollow machine: what the batch of a real one would leave behind, and its fence. */
export function createHollowNetwork(machine: HollowMachine): HostNetwork {
  return {
    read: (signal) =>
      machine.exchange(
        () => ({
          namespaces: [...machine.namespaces].map(([name, interfaces]) => ({
            name,
            addresses: [...interfaces.values()].flat(),
          })),
          hostInterfaces: [...machine.namespaces.values()].flatMap((interfaces) => [...interfaces.keys()]),
          intact: [...machine.intact],
          taken: [],
        }),
        { signal },
      ),

    apply: (plan, fence, signal) =>
      machine.exchange(
        () => {
          const stored = machine.fences.get(fence.controller) ?? 0;
          if (fence.revision < stored && fence.restoredFrom !== stored) throw new Fenced(fence, stored);
          machine.fences.set(fence.controller, fence.revision);
          make(machine, plan);
          machine.changed();
        },
        { signal },
      ),
  };
}

function make(machine: HollowMachine, plan: HostNetworkPlan): void {
  machine.namespaces.clear();
  machine.publishedPorts.clear();
  machine.policies.clear();
  const policies = new Map(plan.policies.map((policy) => [policy.name, policy]));
  for (const { namespace, interfaces, ports } of plan.attachments) {
    machine.namespaces.set(namespace, new Map(interfaces.map((each) => [each.hostInterface, addressesOf(each)])));
    for (const { hostInterface, policy } of interfaces) {
      const decided = policy === undefined ? undefined : policies.get(policy);
      if (decided) machine.policies.set(hostInterface, decided);
    }
    for (const { host, protocol } of ports) machine.publishedPorts.set(`${host}/${protocol}`, namespace);
  }
  machine.routes = plan.routes;
  machine.intact.clear();
  if (plan.attachments.length > 0) machine.intact.add(plan.installation);
}

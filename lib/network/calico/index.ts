/**
 * The provider calico: the records and interfaces of the linux provider, with calico/node on each host, whose Felix and
 * BIRD route, encapsulate, isolate and masquerade by the records. See README.md.
 */

import { createLinuxNetwork } from '../linux/index.ts';
import type { NetworkProvider } from '../provider.ts';
import { calicoNode, noCalicoNode } from './container.ts';
import { felixRules } from './handover.ts';
import { publishedPorts } from './published.ts';
import { mark, noRemains } from './remains.ts';
import { secrets } from './secrets.ts';

export { backendOf, nodeContainer } from './settings.ts';

export const calico: NetworkProvider = {
  join: [mark, secrets, publishedPorts, calicoNode, felixRules],
  leave: [noCalicoNode, noRemains],
  network(shell) {
    const linux = createLinuxNetwork({ shell });
    return {
      read: (signal) => linux.read(signal),
      apply: (plan, fence, signal) => linux.apply({ ...plan, dataplane: 'felix' }, fence, signal),
    };
  },
};

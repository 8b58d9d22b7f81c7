import type { NetworkProvider } from '../provider.ts';
import { createLinuxNetwork } from './index.ts';

/** The kernel is all that it takes: a host that is prepared has joined. */
export const linux: NetworkProvider = {
  join: [],
  leave: [],
  network: (shell) => createLinuxNetwork({ shell }),
};

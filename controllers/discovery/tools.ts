import type { Dns } from '../../lib/dns/index.ts';
import type { Sealer } from '../../lib/secrets/index.ts';
import { Memory } from './memory.ts';

/** What discovery reaches the world through, and what this replica knows of it. */
export interface DiscoveryTools {
  dns: Dns;
  sealer: Sealer;
  /** Text of a file of the machine that the controllers run on. */
  readFile(path: string): Promise<string>;
  /** What servers confirmed. Only hints: whoever takes the lead begins without them. */
  memory: Memory;
}

export const discoveryTools = (given: Omit<DiscoveryTools, 'memory'>): DiscoveryTools => ({
  ...given,
  memory: new Memory(),
});

import { BerthError } from '../../lib/errors/index.ts';
import type { HostLinks, Locations } from '../../lib/machine/index.ts';
import type { CloudSecrets } from '../../lib/records/index.ts';
import type { Sealer } from '../../lib/secrets/index.ts';
import { generateKeyPair } from '../../lib/ssh/index.ts';
import { createAuthority, issueClient } from '../../lib/tls/index.ts';
import { type LossRules, lossRules } from './health.ts';
import { Inventory } from './inventory.ts';
import { Memory } from './memory.ts';
import { Probes } from './probes.ts';
import { Setbacks } from './setbacks.ts';
import { Vault } from './vault.ts';

/** What hostpool reaches the world through, and what this replica has seen of it. */
export interface HostpoolTools {
  locations: Locations;
  links: HostLinks;
  sealer: Sealer;
  /** Makes a cloud's authority, client certificate and SSH key. `now`: milliseconds since the epoch. */
  newSecrets(cloud: string, now: number): Promise<CloudSecrets>;
  /** Text of a file on the machine of the controllers that a cloud's record names. @throws BERTH_INVALID */
  readLocal(path: string): Promise<string>;
  /** Opened secrets, kept in memory only. */
  vault: Vault;
  /** What probes said. Only hints: another replica that takes the lead begins without them. */
  probes: Probes;
  /** What locations listed. Hints likewise. */
  inventory: Inventory;
  memory: Memory;
  /** What failed at hosts, and when to try again. */
  setbacks: Setbacks;
  rules: LossRules;
}

/** @param given  the links and locations; everything else may be replaced by tests and the simulation */
export function createHostpoolTools(
  given: Pick<HostpoolTools, 'locations' | 'links' | 'sealer'> & Partial<HostpoolTools>,
): HostpoolTools {
  return {
    newSecrets,
    readLocal: nothingHere,
    vault: new Vault(given.sealer),
    probes: new Probes(),
    inventory: new Inventory(),
    memory: new Memory(),
    setbacks: new Setbacks(),
    rules: lossRules,
    ...given,
  };
}

const nothingHere = (path: string): Promise<string> =>
  Promise.reject(new BerthError('BERTH_INVALID', `there is no file ${path} here`));

async function newSecrets(cloud: string, now: number): Promise<CloudSecrets> {
  const ca = await createAuthority(`berth ${cloud}`, now);
  const client = await issueClient(ca, 'berth', now);
  return { ca, client, ssh: generateKeyPair(`berth ${cloud}`) };
}

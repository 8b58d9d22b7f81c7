import { containerTools } from '../../controllers/container/tools.ts';
import { createHostpoolTools } from '../../controllers/hostpool/index.ts';
import { ippoolTools } from '../../controllers/ippool/index.ts';
import type { Tools } from '../../controllers/tools.ts';
import { BerthError } from '../../lib/errors/index.ts';
import type { Hollow, HostLink, HostLinks, Location, Locations } from '../../lib/machine/index.ts';
import type { CloudSecrets } from '../../lib/records/index.ts';
import type { Sealer } from '../../lib/secrets/index.ts';
import type { Bug } from './bugs.ts';
import { type Life, mortal } from './life.ts';

/** Stands in every secret of the simulation: where it turns up unsealed, guarantee 9 is broken. */
export const SECRET = 'open-secret';

/** What the controllers of one simulated process reach the world through: hollow machines, in the process's life. */
export function hollowTools({ hollow, life, bug }: { hollow: Hollow; life: Life; bug?: Bug }): Tools {
  const open = (host: string): HostLink => {
    const { engine, network } = hollow.connect(host);
    return {
      engine: mortal(engine, life, { streams: ['logs', 'events'], local: ['close'] }),
      network: mortal(bug?.network?.(network) ?? network, life),
    };
  };
  const links: HostLinks = { link: ({ name }) => open(name), drop() {} };
  const location = mortal<Location>(hollow, life, { local: ['pool'] });
  const locations: Locations = { hollow: location, sandbox: elsewhere, byon: elsewhere, localhost: elsewhere };
  return {
    hostpool: createHostpoolTools({ locations, links, sealer, newSecrets: async () => secrets }),
    ippool: ippoolTools(),
    container: containerTools({ linkTo: async (host) => open(host) }),
  };
}

const nowhere = (): never => {
  throw new BerthError('BERTH_LOCATION', 'the simulation has hollow machines only');
};
const elsewhere: Location = {
  list: async () => nowhere(),
  create: async () => nowhere(),
  destroy: async () => nowhere(),
};

/** Hides what it seals, but not from whoever reverses it. */
const sealer: Sealer = {
  seal: async (text) => Buffer.from(text).toString('base64'),
  open: async (sealed) => Buffer.from(sealed, 'base64').toString(),
};

const secrets: CloudSecrets = {
  ca: { certificate: 'certificate', key: SECRET },
  client: { certificate: 'certificate', key: SECRET },
  ssh: { privateKey: SECRET, publicKey: 'public' },
};

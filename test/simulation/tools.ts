import { containerTools } from '../../controllers/container/tools.ts';
import { discoveryTools } from '../../controllers/discovery/index.ts';
import { createHostpoolTools } from '../../controllers/hostpool/index.ts';
import { ippoolTools } from '../../controllers/ippool/index.ts';
import type { Tools } from '../../controllers/tools.ts';
import type { Dns } from '../../lib/dns/index.ts';
import { BerthError } from '../../lib/errors/index.ts';
import type { Hollow, HostLink, HostLinks, Location, Locations } from '../../lib/machine/index.ts';
import type { HostNetwork } from '../../lib/network/index.ts';
import type { CloudSecrets } from '../../lib/records/index.ts';
import type { Sealer } from '../../lib/secrets/index.ts';
import type { Bug } from './bugs.ts';
import { type Life, mortal } from './life.ts';

/** Stands in every secret of the simulation: where it turns up unsealed, guarantee 9 is broken. */
export const SECRET = 'open-secret';

interface Outside {
  /** The name servers of the world. */
  dns: Dns;
  hollow: Hollow;
  life: Life;
  bug?: Bug;
  /** Resolves when a message to a machine may arrive: at once, or so late that its sender leads no more. */
  delay(): Promise<void>;
}

/** What the controllers of one simulated process reach the world through: hollow machines, in the process's life. */
export function hollowTools({ dns, hollow, life, bug, delay }: Outside): Tools {
  const open = (host: string): HostLink => {
    const { engine, network } = hollow.connect(host);
    return {
      engine: mortal(engine, life, { streams: ['logs', 'events'], local: ['close'] }),
      network: mortal(stalling(bug?.network?.(network) ?? network, delay), life),
    };
  };
  const links: HostLinks = { link: ({ name }) => open(name), drop() {} };
  const location = mortal<Location>(hollow, life, { local: ['pool'] });
  const locations: Locations = { hollow: location, sandbox: elsewhere, byon: elsewhere, localhost: elsewhere };
  return {
    hostpool: createHostpoolTools({ locations, links, sealer, newSecrets: async () => secrets }),
    ippool: ippoolTools(),
    container: containerTools({ linkTo: async (host) => open(host) }),
    discovery: discoveryTools({
      dns: mortal(dns, life),
      sealer,
      readFile: async () => Buffer.from(SECRET).toString('base64'),
    }),
  };
}

/** Batches may be held up on their way; they land all the same, whatever has become of who sent them. */
const stalling = (network: HostNetwork, delay: () => Promise<void>): HostNetwork => ({
  read: (signal) => network.read(signal),
  apply: (plan, fence) => delay().then(() => network.apply(plan, fence, new AbortController().signal)),
});

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

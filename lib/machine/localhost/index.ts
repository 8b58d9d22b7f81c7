import type { Engine } from '../../docker/index.ts';
import { BerthError, messageOf } from '../../errors/index.ts';
import type { Location } from '../location.ts';

export interface LocalhostOptions {
  /** The engine of this machine, by its socket. */
  engine(): Engine;
  socket: string;
  /** An address of this machine that containers and other hosts can reach. */
  address(): string;
}

/** What `machineclaims/localhost/` calls this machine. */
const MACHINE = 'localhost:0';

/**
 * The engine of the machine that the controllers run on, as it is: nothing is installed and its configuration stays
 * untouched. One host at most.
 */
export function createLocalhost({ engine, socket, address }: LocalhostOptions): Location {
  return {
    pool: () => [MACHINE],
    list: async () => [],
    async create({ host, cloud }, signal) {
      try {
        await engine().info({ signal });
      } catch (error) {
        throw new BerthError('BERTH_LOCATION', `Docker Engine of this machine: ${messageOf(error)}`, {
          hint: `check that it runs and that this user may use ${socket}`,
          cause: error,
        });
      }
      return {
        ...{ host, cloud, id: MACHINE, address: address(), state: 'running', labels: {} },
        engine: { kind: 'unix', path: socket },
        prepared: false,
      };
    },
    destroy: async () => {},
  };
}

import { BerthError, messageOf } from '../../errors/index.ts';
import { machineKey } from '../../location/index.ts';
import type { DockerCloudSpec, LocationSpec } from '../../records/index.ts';
import { knownHostKeys } from '../../ssh/index.ts';
import type { Location, MachineRequest } from '../location.ts';

export interface ByonOptions {
  /** The user's and the system's known_hosts, as one text; '' where there is none. */
  knownHosts(): Promise<string>;
  /** IP addresses of a name, as the resolver gives them. An IP address stands for itself. */
  resolve(name: string): Promise<string[]>;
}

/**
 * Machines that exist and are named in the cloud's record. What is taken stands in `machineclaims/`, which hostpool
 * writes before it asks for the machine; the machine itself carries the installation's mark once it is prepared.
 */
export function createByon({ knownHosts, resolve }: ByonOptions): Location {
  return {
    pool: (location) => machinesOf(location).map(machineKey),

    // They carry no tags: claims and host records say which are ours.
    list: async () => [],

    async create({ host, cloud, claimed, location, spec }: MachineRequest) {
      const machine = machinesOf(location).find((known) => machineKey(known) === claimed);
      if (!machine || !claimed)
        throw new BerthError('BERTH_NO_MACHINE', `${claimed ?? 'no machine'} is not one of ${location.text}`);
      const { address, port, user = spec.ssh.user } = machine;
      return {
        ...{ host, cloud, id: claimed, address: await addressOf(address, resolve), state: 'running', labels: {} },
        ssh: { user, port, hostKeys: hostKeysOf(spec, machine, await knownHosts()) },
        engine: { kind: 'tls', port: 2376 },
        prepared: false,
      };
    },

    // Nothing of the machine is ours: hostpool takes back what it put there and releases the claim.
    destroy: async () => {},
  };
}

/**
 * The fingerprints by which a machine may be recognised: those of the cloud's record, by `address:port` or by
 * `address`; where it names none, those of known_hosts. Empty where nobody knows the machine: contacting it fails with
 * BERTH_HOST_KEY and the fingerprint that it showed.
 */
export function hostKeysOf(
  { ssh }: Pick<DockerCloudSpec, 'ssh'>,
  { address, port }: { address: string; port: number },
  knownHosts: string,
): string[] {
  const named = ssh.hostKeys[machineKey({ address, port })] ?? ssh.hostKeys[address];
  if (named !== undefined) return [named.replace(/=+$/, '')];
  return knownHostKeys(knownHosts, address, port);
}

const machinesOf = (location: LocationSpec) => (location.driver === 'byon' ? location.machines : []);

async function addressOf(name: string, resolve: ByonOptions['resolve']): Promise<string> {
  let addresses: string[];
  try {
    addresses = await resolve(name);
  } catch (error) {
    throw new BerthError('BERTH_LOCATION', `the name ${name} does not resolve: ${messageOf(error)}`);
  }
  const first = addresses[0];
  if (first === undefined) throw new BerthError('BERTH_LOCATION', `the name ${name} has no address`);
  return first;
}

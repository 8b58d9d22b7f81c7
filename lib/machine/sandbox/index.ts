import { type ContainerSummary, type Engine, EngineError } from '../../docker/index.ts';
import { BerthError, isCode } from '../../errors/index.ts';
import { type Clock, sleep } from '../../platform/index.ts';
import { fingerprintsOf } from '../../ssh/index.ts';
import type { Location, Machine, MachineRequest } from '../location.ts';
import { INSTALLATION_LABEL, MACHINE_LABEL, machineContainer } from './container.ts';

export { missingHere } from '../../docker/index.ts';

export interface SandboxOptions {
  clock: Clock;
  /** The engine of this machine. Called for each request, so that it need not be there before. */
  engine(): Engine;
  /** Capabilities that the engine cannot give to a container; `missingHere` tells those of this machine. */
  missingCapabilities(): Promise<string[]>;
}

const READY_MS = 60_000;
const REGISTRY_LABEL = 'io.berth.registry';
const REGISTRY_PORT = 5000;

const gone = ({ host }: MachineRequest) => new BerthError('BERTH_LOCATION', `the machine of ${host} has been removed`);

/** Machines as containers on the engine of this machine; README.md says what their image does. */
export function createSandbox({ clock, engine, missingCapabilities }: SandboxOptions): Location {
  /** Containers are found by label, never by name alone: a name may be anybody's. */
  async function containersOf(installation: string, signal: AbortSignal): Promise<ContainerSummary[]> {
    const containers = await engine().list(MACHINE_LABEL, { signal });
    return containers.filter(({ labels }) => labels[INSTALLATION_LABEL] === installation);
  }

  async function find(
    { cloud, host, installation }: { cloud: string; host: string; installation: string },
    signal: AbortSignal,
  ): Promise<ContainerSummary | undefined> {
    const containers = await containersOf(installation, signal);
    return containers.find(({ labels }) => labels[MACHINE_LABEL] === `${cloud}/${host}`);
  }

  async function createContainer(request: MachineRequest, signal: AbortSignal): Promise<string> {
    const options = machineContainer(request, await missingCapabilities());
    try {
      return await engine().create(options, { signal });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const other = error.statusCode === 409 ? await find(request, signal) : undefined;
      if (other) return other.id;
      if (error.statusCode === 409)
        throw new BerthError('BERTH_LOCATION', `a container named ${options.name} exists that is not ours`);
      if (error.statusCode === 404)
        throw new BerthError('BERTH_LOCATION', `the image ${options.image} is not on this machine's engine`, {
          hint: '`make sandbox` builds the machine image',
        });
      throw error;
    }
  }

  /** The address and the host keys, over the engine: a channel that nobody between us and the machine can touch. */
  async function introduce(id: string, signal: AbortSignal): Promise<{ address: string; hostKeys: string[] }> {
    const deadline = clock.monotonic() + READY_MS;
    for (;;) {
      const { code, stdout } = await engine().exec(id, ['sh', '-c', 'hostname -i && cat /etc/ssh/ssh_host_*_key.pub'], {
        signal,
      });
      const address = stdout.split(/\s/)[0] ?? '';
      const hostKeys = fingerprintsOf(stdout);
      if (code === 0 && address !== '' && hostKeys.length > 0) return { address, hostKeys };
      if (clock.monotonic() > deadline)
        throw new BerthError('BERTH_LOCATION', `the machine made no SSH host key within ${READY_MS / 1000} s`, {
          hint: `see \`docker logs ${id.slice(0, 12)}\``,
        });
      await sleep(clock, 250, signal);
    }
  }

  async function addressOf(container: ContainerSummary, signal: AbortSignal): Promise<string> {
    if (container.state !== 'running') return '';
    if (container.address) return container.address;
    // It may stop while we ask.
    const asked = engine().exec(container.id, ['hostname', '-i'], { signal });
    const { stdout } = await asked.catch(() => ({ stdout: '' }));
    return stdout.split(/\s/)[0] ?? '';
  }

  async function registryMirrors(signal: AbortSignal): Promise<string[]> {
    const registries = (await engine().list(REGISTRY_LABEL, { signal })).filter(({ state }) => state === 'running');
    const addresses = await Promise.all(registries.map((registry) => addressOf(registry, signal)));
    return addresses
      .filter((address) => address !== '')
      .map((address) => `http://${address}:${REGISTRY_PORT}`)
      .sort();
  }

  return {
    async list({ cloud, installation, location }, signal) {
      const containers = (await local(() => containersOf(installation, signal))).filter(({ labels }) =>
        labels[MACHINE_LABEL]?.startsWith(`${cloud}/`),
      );
      const mirrors = containers.length > 0 ? await registryMirrors(signal) : [];
      const machines = containers.map(async (container): Promise<Machine> => {
        const host = container.labels[MACHINE_LABEL]!.slice(cloud.length + 1);
        const address = await addressOf(container, signal);
        return machineOf({ cloud, host, location }, container.id, address, stateOf(container), mirrors);
      });
      return Promise.all(machines);
    },

    create: (request, signal) =>
      local(async () => {
        const existing = await find(request, signal);
        if (!existing && request.claimed !== undefined) throw gone(request);
        const id = existing?.id ?? (await createContainer(request, signal));
        if (existing?.state !== 'running') await engine().start(id, { signal });
        const { address, hostKeys } = await introduce(id, signal);
        const machine = machineOf(request, id, address, 'running', await registryMirrors(signal));
        return { ...machine, ssh: { user: 'root', port: 22, hostKeys } };
      }),

    destroy: (machine, signal) =>
      local(async () => {
        const container = await find(machine, signal);
        if (container) await engine().remove(container.id, { signal });
      }),
  };
}

function machineOf(
  { cloud, host, location }: Pick<MachineRequest, 'cloud' | 'host' | 'location'>,
  id: string,
  address: string,
  state: Machine['state'],
  mirrors: string[],
): Machine {
  const { cpus, memory } = location.driver === 'sandbox' ? location : {};
  return {
    ...{ cloud, host, id, address, state },
    labels: {},
    // Its host keys are told by `create`; a list of many machines does not ask each.
    engine: { kind: 'tls', port: 2376 },
    prepared: false,
    registryMirrors: mirrors,
    limits: { ...(cpus !== undefined && { cpus }), ...(memory !== undefined && { memory }) },
  };
}

function stateOf({ state }: ContainerSummary): Machine['state'] {
  if (state === 'running') return 'running';
  return state === 'created' || state === 'restarting' ? 'starting' : 'stopped';
}

/** The engine in question is the one of this machine, and a user is told so. */
async function local<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isCode(error, 'BERTH_ENGINE', 'BERTH_ENGINE_UNREACHABLE')) throw error;
    throw new BerthError('BERTH_LOCATION', `Docker Engine of this machine: ${error.message}`, {
      hint: 'sandbox machines are containers on it: check that it runs and that this user may use it',
      cause: error,
    });
  }
}

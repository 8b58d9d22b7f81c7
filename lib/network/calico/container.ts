import { createHash } from 'node:crypto';
import {
  type ContainerSummary,
  type CreateOptions,
  type Engine,
  missingCapabilities,
  unknownToOldEngines,
} from '../../docker/index.ts';
import { BerthError, isCode } from '../../errors/index.ts';
import { sleep } from '../../platform/index.ts';
import { run } from '../../ssh/index.ts';
import { subnetOf } from '../interfaces.ts';
import type { ProviderHost, ProviderStep } from '../provider.ts';
import { ownRules } from './handover.ts';
import { noteStart } from './remains.ts';
import { loginOf } from './secrets.ts';
import { LABEL, nodeContainer, secretFilesOf } from './settings.ts';

/** Milliseconds that calico/node has to fall over: what it cannot work with it says at once. */
const TRIAL = 3_000;
/** Milliseconds that a pull may take. */
const PULL = 600_000;

/** calico/node runs on the host's engine, made from what the cloud's record and its credentials say now. */
export const calicoNode: ProviderStep = {
  name: 'CalicoNode',
  async check(host) {
    const { options, hash } = await wanted(host);
    const found = await find(host, options.name);
    return found?.state === 'running' && found.labels[LABEL] === hash;
  },
  async apply(host) {
    const { engine, signal, clock } = host;
    const { options, older, hash } = await wanted(host);
    if (!(await engine.hasImage(options.image, { signal })))
      await engine.pull(options.image, { signal, timeoutMs: PULL });
    const found = await find(host, options.name);
    if (!found) await refuseForeign(host, options.name);
    // Raises the fence, right before the engine is told to change anything: that knows no fences.
    await noteStart(host);
    if (found) await engine.remove(found.id, { signal });
    const labels = { ...options.labels, [LABEL]: hash };
    const id = await engine.create({ ...options, labels }, { signal }).catch((error: unknown) => {
      if (!isCode(error, 'BERTH_ENGINE') || !error.message.includes('unknown capability')) throw error;
      return engine.create({ ...older, labels }, { signal });
    });
    await engine.start(id, { signal });
    await sleep(clock, TRIAL, signal);
    const { state, restarts, error } = await engine.inspect(id, { signal });
    if (state === 'running' && restarts === 0) return;
    const said = error || (await lastWords(engine, id, signal));
    throw new BerthError('BERTH_ENGINE', `calico/node does not keep running: ${said || state}`, {
      place: `hosts/${host.host}`,
    });
  },
};

/** No calico/node of ours is on the host. */
export const noCalicoNode: ProviderStep = {
  name: 'NoCalicoNode',
  check: async (host) => (await ours(host)) === undefined,
  async apply(host) {
    const container = await ours(host);
    if (!container) return;
    await ownRules(host);
    await raiseFence(host);
    await host.engine.remove(container.id, { signal: host.signal });
  },
};

/** Whether calico/node was ever started here by us and is still there. */
const ours = async ({ engine, installation, signal }: ProviderHost): Promise<ContainerSummary | undefined> =>
  (await engine.list(LABEL, { signal })).find(({ labels }) => labels['io.berth.installation'] === installation);

async function find(host: ProviderHost, name: string): Promise<ContainerSummary | undefined> {
  const found = await ours(host);
  return found?.name === name ? found : undefined;
}

/** The engine knows no fences: the host's is raised right before it is told to change anything. */
async function raiseFence({ fenced, signal }: ProviderHost): Promise<void> {
  await run(fenced, ':', { signal, what: 'raising the fence' });
}

/** `older`: the same for an engine that does not know all capabilities of the machine's kernel. */
async function wanted(host: ProviderHost): Promise<{ options: CreateOptions; older: CreateOptions; hash: string }> {
  const { network } = host.spec;
  if (!network.calico)
    throw new BerthError('BERTH_INVALID', 'nothing says how calico/node reaches etcd', {
      place: 'spec.network.calico',
    });
  const { image, etcd } = network.calico;
  const { shell, signal, address, installation } = host;
  const status = await run(shell, 'cat /proc/self/status', { signal, what: 'reading /proc/self/status' });
  const last = await run(shell, 'cat /proc/sys/kernel/cap_last_cap', { signal, what: 'reading cap_last_cap' });
  const login = await loginOf(host);
  const missing = missingCapabilities(status, Number(last));
  const facts = {
    ...{ host: host.host, installation, address, missing },
    onInterface: (await subnetOf(shell, address, signal)) !== undefined,
    ...(login && { login }),
  };
  const options = nodeContainer(network, image, etcd, facts);
  const known = missing.filter((capability) => !unknownToOldEngines.includes(capability));
  const older = nodeContainer(network, image, etcd, { ...facts, missing: known });
  // It reads its certificates when it starts: others ask for another start.
  const files = await Promise.all(secretFilesOf(etcd, installation).map(({ source }) => host.readLocal(source)));
  const hash = createHash('sha256')
    .update(JSON.stringify([options, files]))
    .digest('hex')
    .slice(0, 16);
  return { options, older, hash };
}

/** A name that is taken belongs to somebody else's Calico, which is not ours to replace. */
async function refuseForeign({ engine, signal, host }: ProviderHost, name: string): Promise<void> {
  const taken = await engine.inspect(name, { signal }).catch(() => undefined);
  if (taken)
    throw new BerthError('BERTH_FOREIGN', `${host} has a container ${name} that is not ours`, {
      found: taken.image,
      expected: 'a host without a calico/node, or another provider',
    });
}

async function lastWords(engine: Engine, id: string, signal: AbortSignal): Promise<string> {
  let said = '';
  for await (const { data } of engine.logs(id, { follow: false, tail: 5, timestamps: false }, signal)) said += data;
  return said.trim().replaceAll('\n', ' ').slice(-400);
}

import type { HostLink } from '../../lib/machine/index.ts';
import { joiningSteps, providerOf } from '../../lib/network/providers/index.ts';
import { type Result, timestamp } from '../../lib/reconcile/index.ts';
import type { DockerCloudSpec, HostRecord } from '../../lib/records/index.ts';
import { sameJson } from '../../lib/store/index.ts';
import { secretsOf } from './credentials.ts';
import {
  capacityOf,
  hashOf,
  preparationHash,
  prepare,
  renewalOf,
  type Surroundings,
  surroundingsOf,
  take,
} from './prepare/index.ts';
import { done, explaining, linkTo, networked, type Subject, update } from './subject.ts';

/** What a host is prepared for whose engine is not: its network, where that is more than the kernel's. */
const networkHash = ({ engine }: HostRecord, { network }: DockerCloudSpec): string =>
  engine?.kind === 'hollow' || network.provider === 'linux' ? 'as-it-is' : hashOf(network);

/** From a machine to a host that is ready, and keeps being it: prepared for what its cloud asks now, looked at again. */
export async function keepPrepared(subject: Subject): Promise<Result> {
  const { host, cloud, record, spec, context } = subject;
  const { tools, state, clock } = context;
  const credentials = state.get('credentials', cloud);
  if (record.engine?.kind === 'tls' && !credentials) return;
  const registryMirrors = [...new Set([...(record.registryMirrors ?? []), ...spec.docker.registryMirrors])];
  const wanted =
    record.engine?.kind === 'tls'
      ? preparationHash({
          spec,
          registryMirrors,
          address: record.address,
          installation: context.installation,
          authority: credentials!.value.ca,
        })
      : networkHash(record, spec);
  const health = tools.probes.of(host);
  const due = record.renewAt !== undefined && clock.now() >= Date.parse(record.renewAt);
  const broken = health.verdict === 'answering' && health.engine === 'failing';
  if (record.prepared === wanted && !due && !broken) return refresh(subject);
  // Nobody is there to prepare; the next probe that is answered wakes this host.
  if (health.verdict === 'failing') return;

  await explaining(subject, 'Prepared', async () => {
    const link = await linkTo(subject);
    const renewAt = await takeSteps(subject, link, registryMirrors);
    const facts = await lookAt(link, subject);
    await update(
      subject,
      (current) => ({
        ...current,
        ...facts,
        prepared: wanted,
        ...(renewAt !== undefined && { renewAt: timestamp(renewAt) }),
      }),
      [done('Prepared')],
    );
    // It has just answered: no need to wait for a probe.
    tools.probes.record(host, { reachable: true, engine: true, message: '' }, clock.monotonic());
  });
}

/** @returns when the engine's certificate is to be renewed, milliseconds since the epoch; undefined where it has none */
async function takeSteps(
  subject: Subject,
  link: HostLink,
  registryMirrors: readonly string[],
): Promise<number | undefined> {
  const { cloud, host, record, spec, context } = subject;
  const { state, tools } = context;
  if (!link.shell) return undefined;
  const secrets = await secretsOf(state.get('credentials', cloud), tools);
  // An engine on a socket is the machine's own: only its network is ours.
  const ours = record.engine?.kind === 'tls';
  if (ours && !secrets) return undefined;
  const common = networked(subject, link);
  const machine = { ...common, cloud, spec, registryMirrors, authority: secrets?.ca ?? NOBODY };
  const applied = await (ours ? prepare(machine) : take(joiningSteps(spec.network), common));
  if (applied.length > 0) context.event(`hosts/${cloud}/${host}`, 'Normal', 'Prepared', applied.join(', '));
  return ours ? renewalOf(machine) : undefined;
}

/** Who signs for engines that nobody has to be told about. */
const NOBODY = { certificate: '', key: '' };

/** What a ready host offers, and what is around it. */
async function lookAt({ engine, shell }: HostLink, subject: Subject): Promise<Partial<HostRecord>> {
  const { cloud, host, record, context } = subject;
  const { signal, tools } = context;
  const info = await engine.info({ signal });
  return {
    capacity: capacityOf(info, tools.inventory.machine(cloud, host)?.limits),
    docker: { version: info.version },
    shim: info.runtimes.includes('berth'),
    ...(shell ? await surroundingsOf(shell, record.address, signal) : { foreignPorts: [] }),
  };
}

/** Looks again at what changes without our doing, and at what keeps the host in its cloud's network. */
async function refresh(subject: Subject): Promise<Result> {
  const { host, record, spec, context } = subject;
  if (context.tools.probes.of(host).verdict !== 'answering') return;
  const link = await linkTo(subject);
  // What is on paper does not change.
  if (!link.shell) return;
  const seen = await surroundingsOf(link.shell, record.address, context.signal);
  if (!sameJson(seen, pick(record))) await update(subject, (current) => ({ ...without(current), ...seen }), []);
  const { join } = providerOf(spec.network);
  if (join.length === 0) return;
  await explaining(subject, 'Prepared', async () => {
    const applied = await take(join, networked(subject, link));
    if (applied.length > 0) context.event(`hosts/${record.cloud}/${host}`, 'Normal', 'Repaired', applied.join(', '));
  });
}

const pick = ({ foreignPorts, nameservers, subnet, mtu }: HostRecord): Surroundings => ({
  foreignPorts,
  ...(nameservers && { nameservers }),
  ...(subnet !== undefined && { subnet }),
  ...(mtu !== undefined && { mtu }),
});

const without = ({ subnet: _, mtu: __, ...record }: HostRecord): HostRecord => record;

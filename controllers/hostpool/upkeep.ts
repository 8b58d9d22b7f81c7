import type { HostLink } from '../../lib/machine/index.ts';
import { joiningSteps, networkOn, providerOf } from '../../lib/network/providers/index.ts';
import { type Result, timestamp } from '../../lib/reconcile/index.ts';
import type { DockerCloudSpec, HostRecord } from '../../lib/records/index.ts';
import { type Entry, nameOf, sameJson } from '../../lib/store/index.ts';
import { ADOPTED } from './adopt.ts';
import { secretsOf } from './credentials.ts';
import {
  capacityOf,
  hashOf,
  OptionsRefused,
  preparationHash,
  prepare,
  renewalOf,
  type Surroundings,
  surroundingsOf,
  take,
} from './prepare/index.ts';
import { type RolloutHost, turnOf } from './rollout.ts';
import { done, explaining, linkTo, networked, type Subject, update } from './subject.ts';

/** What a host is prepared for whose engine is not: its network, where that is more than the kernel's. */
const networkHash = ({ engine }: HostRecord, { network }: DockerCloudSpec): string =>
  engine?.kind === 'hollow' || network.provider === 'linux' ? 'as-it-is' : hashOf(network);

/** What a host is to be prepared for now; another hash than its record's asks for preparation. */
function wantedFor(entry: Entry<'hosts'>, authority: string, { spec, context }: Subject): string {
  const { value: record } = entry;
  if (record.engine?.kind !== 'tls') return networkHash(record, spec);
  return context.tools.memory.wanted(entry, spec, authority, () =>
    preparationHash({
      ...{ spec, authority, registryMirrors: mirrorsOf(record, spec), address: record.address },
      installation: context.installation,
    }),
  );
}

const mirrorsOf = (record: HostRecord, spec: DockerCloudSpec): string[] => [
  ...new Set([...(record.registryMirrors ?? []), ...spec.docker.registryMirrors]),
];

/** From a machine to a host that is ready, and keeps being it: prepared for what its cloud asks now, looked at again. */
export async function keepPrepared(subject: Subject): Promise<Result> {
  const { host, cloud, record, context } = subject;
  const { tools, state, clock } = context;
  const entry = state.get('hosts', `${cloud}/${host}`);
  const credentials = state.get('credentials', cloud);
  if (!entry || (record.engine?.kind === 'tls' && !credentials)) return;
  const authority = credentials?.value.ca ?? '';
  const wanted = wantedFor(entry, authority, subject);
  const health = tools.probes.of(host);
  const due = record.renewAt !== undefined && clock.now() >= Date.parse(record.renewAt);
  const broken = health.verdict === 'answering' && health.engine === 'failing';
  if (record.prepared === wanted && !due && !broken && !isRefused(record)) return refresh(subject, { current: true });
  // Nobody is there to prepare; the next probe that is answered wakes this host.
  if (health.verdict === 'failing') return;
  const wait = broken
    ? tools.setbacks.wait(host, wanted, 'down', clock.monotonic())
    : pauseBefore(wanted, authority, subject);
  if (wait > 0) {
    if (!broken && wait >= TURN.halted) await refresh(subject, { current: false });
    return { after: wait };
  }
  await prepareFor(wanted, subject);
}

/** Milliseconds until another host of the cloud has been changed, more for each that also waits; until one is that failed. */
const TURN = { later: 2_000, each: 2, halted: 30_000 };

/** @returns milliseconds until a host that is ready may be looked at again for being changed; 0: it may be changed now */
function pauseBefore(wanted: string, authority: string, subject: Subject): number {
  const { cloud, host, record, context } = subject;
  const { state, tools, clock } = context;
  if (record.engine?.kind !== 'tls' || !isKept(record) || record.prepared === wanted) return 0;
  const refusal = tools.setbacks.wait(host, wanted, 'running', clock.monotonic());
  if (refusal > 0) return refusal;
  const hosts = state.list('hosts', cloud).filter(({ value }) => isKept(value));
  const turn = turnOf(
    host,
    hosts.map((entry): RolloutHost => {
      const name = nameOf(entry);
      const { verdict, engine } = tools.probes.of(name);
      return {
        name,
        current: entry.value.prepared === wantedFor(entry, authority, subject),
        failing: verdict === 'failing' || engine === 'failing',
        refused: isRefused(entry.value),
      };
    }),
  );
  if (turn === 'now') return 0;
  return turn === 'halted' ? TURN.halted : TURN.later + TURN.each * hosts.length;
}

const isKept = ({ prepared, gone, removing, lost }: HostRecord): boolean =>
  prepared !== undefined && prepared !== ADOPTED && !gone && !removing && !lost;

const isRefused = ({ conditions }: HostRecord): boolean =>
  conditions.some(({ type, status }) => type === 'Prepared' && status === 'False');

async function prepareFor(wanted: string, subject: Subject): Promise<void> {
  const { host, record, spec, context } = subject;
  const { tools, clock } = context;
  // It has just answered: no need to wait for a probe.
  const answered = () => tools.probes.record(host, { reachable: true, engine: true, message: '' }, clock.monotonic());
  try {
    await explaining(subject, 'Prepared', async () => {
      const link = await linkTo(subject);
      await beginToLeave(subject);
      const renewAt = await takeSteps(subject, link, mirrorsOf(record, spec));
      const facts = await lookAt(link, subject);
      await update(
        subject,
        (current) => ({
          ...current,
          ...facts,
          ...joined(spec),
          prepared: wanted,
          ...(renewAt !== undefined && { renewAt: timestamp(renewAt) }),
        }),
        [done('Prepared')],
      );
      answered();
    });
  } catch (error) {
    if (!(error instanceof OptionsRefused)) throw error;
    tools.setbacks.refused(host, wanted, clock.monotonic());
    answered();
    throw error;
  }
}

const joined = ({ network }: DockerCloudSpec): Pick<HostRecord, 'networkProvider'> => ({
  networkProvider: network.provider,
});

/** On record before the first step: from here on nobody relies on what the host had joined, even should the cloud return to it. */
async function beginToLeave(subject: Subject): Promise<void> {
  const { record, spec } = subject;
  if (networkOn(spec.network, record) === spec.network) return;
  await update(subject, (current) => ({ ...current, networkProvider: 'linux' }), []);
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

/**
 * Looks again at what changes without our doing, and at what keeps the host in its network.
 *
 * @param current  the host is prepared for what its cloud asks now
 */
async function refresh(subject: Subject, { current }: { current: boolean }): Promise<Result> {
  const { host, record, spec, context } = subject;
  if (context.tools.probes.of(host).verdict !== 'answering') return;
  const link = await linkTo(subject);
  // What is on paper does not change.
  if (link.shell) {
    const seen = await surroundingsOf(link.shell, record.address, context.signal);
    if (!sameJson(seen, pick(record))) await update(subject, (before) => ({ ...without(before), ...seen }), []);
    await keepJoined(current ? spec.network : networkOn(spec.network, record), link, subject);
  }
  if (current) await update(subject, (before) => ({ ...before, ...joined(spec) }), []);
}

async function keepJoined(network: DockerCloudSpec['network'], link: HostLink, subject: Subject): Promise<void> {
  const { host, record, context } = subject;
  const { join } = providerOf(network);
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

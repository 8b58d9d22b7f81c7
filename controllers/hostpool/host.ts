import { BerthError, messageOf, reasonOf } from '../../lib/errors/index.ts';
import type { HostLink, Machine } from '../../lib/machine/index.ts';
import { type Result, stillLeads, timestamp } from '../../lib/reconcile/index.ts';
import type { Accepted, DockerCloudSpec, HostRecord, LocationSpec, Observation } from '../../lib/records/index.ts';
import { sameJson, type Write } from '../../lib/store/index.ts';
import type { HostpoolContext, Owned } from './context.ts';
import { needsCredentials, secretsOf } from './credentials.ts';
import { driverOf } from './facts.ts';
import { fingerprintClaim } from './names.ts';
import {
  capacityOf,
  fencedShell,
  listeningPorts,
  preparationHash,
  prepare,
  release,
  renewalOf,
  StepFailed,
} from './prepare/index.ts';

/** What one host's reconcile works on. */
interface Subject {
  cloud: string;
  host: string;
  record: HostRecord;
  spec: DockerCloudSpec;
  context: HostpoolContext;
}

/**
 * One host: from a record to a machine, to a host that is ready, and back. What it is wanted for the cloud's reconcile
 * decides; here is what takes long. Each call does one thing; what it writes wakes the next.
 */
export async function reconcileHost(cloud: string, host: string, context: HostpoolContext): Promise<Result> {
  const { state, tools } = context;
  const record = state.get('hosts', `${cloud}/${host}`)?.value;
  const accepted: Accepted<DockerCloudSpec> | undefined = state.get('accepted/dockerclouds', cloud)?.value;
  if (!record || !accepted || record.gone) {
    tools.links.drop(host);
    return;
  }
  const subject: Subject = { cloud, host, record, spec: accepted.spec, context };
  if (record.removing) return giveBack(subject);

  const location = accepted.spec.location.find(({ text }) => text === record.location);
  if (location && !isIntroduced(subject) && (await provision(subject, location))) return;
  if (!record.engine || record.lost) return;
  return keepPrepared(subject);
}

/** The machine was made and is where the record says; one that was stopped is started by the same idempotent `create`. */
function isIntroduced({ cloud, host, record, context }: Subject): boolean {
  if (!record.engine) return false;
  // The user may have named another key or user meanwhile, in the record or in known_hosts; asking costs nothing.
  if (
    driverOf(record) === 'byon' &&
    (record.prepared === undefined || context.tools.probes.of(host).verdict === 'failing')
  )
    return false;
  const listed = context.tools.inventory.machine(cloud, host);
  if (!listed) return true;
  if (listed.state === 'stopped') return false;
  const moved = listed.address !== '' && listed.address !== record.address;
  return !moved && sameJson(listed.registryMirrors ?? [], record.registryMirrors ?? []);
}

/** @returns whether there was anything new, which wakes this host again */
async function provision(subject: Subject, location: LocationSpec): Promise<boolean> {
  const { cloud, host, record, spec, context } = subject;
  const { tools, installation, signal, fence, state } = context;
  const credentials = state.get('credentials', cloud);
  // They come with the cloud's next reconcile, and wake this one.
  if (needsCredentials(spec) && !credentials) return true;
  return explaining(subject, 'Provisioned', async () => {
    const secrets = await secretsOf(credentials, tools);
    fence.check();
    const machine = await tools.locations[location.driver].create(
      {
        ...{ host, cloud, installation, spec, location },
        sshPublicKey: secrets?.ssh.publicKey ?? '',
        ...(record.machineId !== '' && { claimed: record.machineId }),
      },
      signal,
    );
    const claims = location.driver === 'byon' ? keyClaims(subject, machine) : [];
    return update(subject, (current) => introduced(current, machine, spec), [done('Provisioned')], claims);
  });
}

/** What the location said of the machine. Another address asks for another certificate, and so for preparation. */
function introduced(record: HostRecord, machine: Machine, spec: DockerCloudSpec): HostRecord {
  const { address, engine, id, labels, ssh, registryMirrors } = machine;
  return {
    ...record,
    ...{ address, engine, machineId: id, labels: { ...spec.machine.labels, ...labels } },
    ...(ssh && { ssh: { user: ssh.user, port: ssh.port, hostKey: ssh.hostKeys.join(' ') } }),
    ...(registryMirrors && { registryMirrors }),
  };
}

/** A machine under two names is one machine: its host keys are claimed too. */
function keyClaims({ cloud, host, context }: Subject, { ssh }: Machine): Write<Owned>[] {
  const { state, installation } = context;
  return (ssh?.hostKeys ?? []).flatMap((hostKey): Write<Owned>[] => {
    const id = `byon/${fingerprintClaim(hostKey)}`;
    const claim = state.get('machineclaims', id)?.value;
    if (claim?.host === host) return [];
    if (claim)
      throw new BerthError(
        'BERTH_LOCATION',
        `the machine has the host key ${hostKey}, as ${claim.cloud}/${claim.host} has`,
        {
          hint: 'name each machine once, or give each a host key of its own',
        },
      );
    return [{ put: 'machineclaims', id, value: { cloud, host, installation }, expect: 0 }];
  });
}

async function keepPrepared(subject: Subject): Promise<Result> {
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
      : 'as-it-is';
  const health = tools.probes.of(host);
  const due = record.renewAt !== undefined && clock.now() >= Date.parse(record.renewAt);
  const broken = health.verdict === 'answering' && health.engine === 'failing';
  if (record.prepared === wanted && !due && !broken) return refresh(subject);
  // Nobody is there to prepare; the next probe that is answered wakes this host.
  if (health.verdict === 'failing') return;

  await explaining(subject, 'Prepared', async () => {
    const secrets = await secretsOf(credentials, tools);
    const link = tools.links.link({ name: host, ...record }, secrets, spec);
    let renewAt: number | undefined;
    if (record.engine?.kind === 'tls' && link.shell) {
      const { shell } = link;
      const machine = {
        ...{
          host,
          cloud,
          spec,
          registryMirrors,
          shell,
          clock,
          installation: context.installation,
          address: record.address,
        },
        ...{ authority: secrets!.ca, engine: link.engine, signal: context.signal, fenced: fenced(link, subject) },
      };
      const applied = await prepare(machine);
      if (applied.length > 0) context.event(`hosts/${cloud}/${host}`, 'Normal', 'Prepared', applied.join(', '));
      renewAt = await renewalOf(machine);
    }
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

/** What a ready host offers, and what somebody else on it listens on. */
async function lookAt({ engine, shell }: HostLink, { cloud, host, context }: Subject): Promise<Partial<HostRecord>> {
  const { signal, tools } = context;
  const info = await engine.info({ signal });
  const foreignPorts = shell ? await listeningPorts(shell, signal) : [];
  return {
    capacity: capacityOf(info, tools.inventory.machine(cloud, host)?.limits),
    docker: { version: info.version },
    shim: info.runtimes.includes('berth'),
    foreignPorts,
  };
}

async function refresh(subject: Subject): Promise<Result> {
  const { cloud, host, record, spec, context } = subject;
  if (context.tools.probes.of(host).verdict !== 'answering') return;
  const secrets = await secretsOf(context.state.get('credentials', cloud), context.tools);
  const link = context.tools.links.link({ name: host, ...record }, secrets, spec);
  // What is on paper does not change.
  if (!link.shell) return;
  const foreignPorts = await listeningPorts(link.shell, context.signal);
  if (!sameJson(foreignPorts, record.foreignPorts))
    await update(subject, (current) => ({ ...current, foreignPorts }), []);
}

/** Ends the machine, or hands it back to its owner; then the host is gone. */
async function giveBack(subject: Subject): Promise<Result> {
  const { cloud, host, record, spec, context } = subject;
  const { tools, installation, signal, fence, state } = context;
  await explaining(subject, 'Released', async () => {
    if (driverOf(record) === 'byon' && record.engine) {
      const secrets = await secretsOf(state.get('credentials', cloud), tools);
      const link = tools.links.link({ name: host, ...record }, secrets, spec);
      // Of a machine that never was a host, or that does not answer any more, nothing can be asked.
      await release(fenced(link, subject), signal).catch((error: unknown) => {
        if (record.prepared !== undefined && !record.lost) throw error;
      });
    }
    fence.check();
    await locationOf(record, context).destroy({ host, cloud, id: record.machineId, installation }, signal);
    tools.links.drop(host);
    await update(subject, (current) => ({ ...current, schedulable: false, gone: true, phase: 'Removing' }), []);
  });
}

function locationOf(record: HostRecord, { tools }: HostpoolContext) {
  const found = Object.entries(tools.locations).find(([driver]) => driver === driverOf(record))?.[1];
  if (!found) throw new BerthError('BERTH_LOCATION', `no such location: ${record.location}`);
  return found;
}

function fenced({ shell }: HostLink, { host, context }: Subject) {
  const { fence, installation } = context;
  if (!shell) throw new BerthError('BERTH_SSH', `${host} is not reached by SSH`);
  return fencedShell(shell, { fence, installation, stillLeads: () => stillLeads(context) });
}

const done = (type: string): Observation => ({ type, status: 'True', reason: type, message: '' });

/** Runs work that may fail, and says on the host's record why it did before the failure goes on to the queue's backoff. */
async function explaining<T>(subject: Subject, type: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const cause = error instanceof StepFailed ? error.cause : error;
    if (!isOurs(cause)) {
      const reason = cause instanceof BerthError ? reasonOf(cause.code) : 'Failed';
      const message = `${error instanceof StepFailed ? `${error.step}: ` : ''}${messageOf(cause)}`;
      await update(subject, (current) => current, [{ type, status: 'False', reason, message }]);
      subject.context.event(`hosts/${subject.cloud}/${subject.host}`, 'Warning', reason, message);
    }
    throw cause;
  }
}

/** A failure of the controller's own, that says nothing about the host. */
const isOurs = (error: unknown): boolean =>
  error instanceof BerthError && /^BERTH_(STORE_|CONFLICT|NOT_LEADER|FENCED)/.test(error.code);

/**
 * Changes the host's record as the cache has it now: whatever took long began with an older one.
 * @returns whether anything changed
 * @throws BERTH_CONFLICT where it changes meanwhile
 */
async function update(
  { cloud, host, context }: Subject,
  change: (record: HostRecord) => HostRecord,
  observed: Observation[],
  claims: Write<Owned>[] = [],
): Promise<boolean> {
  const entry = context.state.get('hosts', `${cloud}/${host}`);
  if (!entry) return false;
  const changed = change(entry.value);
  const value = { ...changed, conditions: context.conditions(changed.conditions, observed) };
  if (sameJson(value, entry.value) && claims.length === 0) return false;
  await context.store.commit({
    writes: [{ put: 'hosts', id: entry.id, value, expect: entry.modRevision }, ...claims],
  });
  return true;
}

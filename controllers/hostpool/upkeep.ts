import type { HostLink } from '../../lib/machine/index.ts';
import { type Result, timestamp } from '../../lib/reconcile/index.ts';
import type { HostRecord } from '../../lib/records/index.ts';
import { sameJson } from '../../lib/store/index.ts';
import { secretsOf } from './credentials.ts';
import { capacityOf, listeningPorts, preparationHash, prepare, renewalOf } from './prepare/index.ts';
import { done, explaining, fenced, linkTo, type Subject, update } from './subject.ts';

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
      : 'as-it-is';
  const health = tools.probes.of(host);
  const due = record.renewAt !== undefined && clock.now() >= Date.parse(record.renewAt);
  const broken = health.verdict === 'answering' && health.engine === 'failing';
  if (record.prepared === wanted && !due && !broken) return refresh(subject);
  // Nobody is there to prepare; the next probe that is answered wakes this host.
  if (health.verdict === 'failing') return;

  await explaining(subject, 'Prepared', async () => {
    const link = await linkTo(subject);
    const renewAt = record.engine?.kind === 'tls' ? await takeSteps(subject, link, registryMirrors) : undefined;
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

/** @returns when the engine's certificate is to be renewed, milliseconds since the epoch */
async function takeSteps(
  subject: Subject,
  link: HostLink,
  registryMirrors: readonly string[],
): Promise<number | undefined> {
  const { cloud, host, record, spec, context } = subject;
  const { installation, clock, signal, state, tools } = context;
  const secrets = await secretsOf(state.get('credentials', cloud), tools);
  const { shell, engine } = link;
  if (!shell || !secrets) return undefined;
  const { address } = record;
  const machine = {
    ...{ host, cloud, installation, address, spec, registryMirrors, authority: secrets.ca },
    ...{ shell, fenced: fenced(link, subject), engine, clock, signal },
  };
  const applied = await prepare(machine);
  if (applied.length > 0) context.event(`hosts/${cloud}/${host}`, 'Normal', 'Prepared', applied.join(', '));
  return renewalOf(machine);
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
  const { host, record, context } = subject;
  if (context.tools.probes.of(host).verdict !== 'answering') return;
  const link = await linkTo(subject);
  // What is on paper does not change.
  if (!link.shell) return;
  const foreignPorts = await listeningPorts(link.shell, context.signal);
  if (!sameJson(foreignPorts, record.foreignPorts))
    await update(subject, (current) => ({ ...current, foreignPorts }), []);
}

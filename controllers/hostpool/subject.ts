import { BerthError, messageOf, reasonOf } from '../../lib/errors/index.ts';
import type { HostLink } from '../../lib/machine/index.ts';
import type { ProviderHost } from '../../lib/network/index.ts';
import { networkOn } from '../../lib/network/providers/index.ts';
import { stillLeads } from '../../lib/reconcile/index.ts';
import type { DockerCloudSpec, HostRecord, Observation } from '../../lib/records/index.ts';
import type { Shell } from '../../lib/ssh/index.ts';
import { sameJson, type Write } from '../../lib/store/index.ts';
import type { HostpoolContext, Owned } from './context.ts';
import { secretsOf } from './credentials.ts';
import { fencedShell, OptionsRefused, StepFailed } from './prepare/index.ts';

/** What one host's reconcile works on. */
export interface Subject {
  cloud: string;
  host: string;
  record: HostRecord;
  spec: DockerCloudSpec;
  context: HostpoolContext;
}

/** The way to the host, as its record and the cloud's secrets have it. */
export async function linkTo({ cloud, host, record, spec, context }: Subject): Promise<HostLink> {
  const { state, tools } = context;
  const secrets = await secretsOf(state.get('credentials', cloud), tools);
  return tools.links.link({ name: host, ...record }, secrets, { ...spec, network: networkOn(spec.network, record) });
}

/** A shell whose commands the host refuses once a newer leader has been there. */
export function fenced({ shell }: HostLink, { host, context }: Subject): Shell {
  const { fence, installation } = context;
  if (!shell) throw new BerthError('BERTH_SSH', `${host} is not reached by SSH`);
  return fencedShell(shell, { fence, installation, stillLeads: () => stillLeads(context) });
}

/** What the steps of a cloud's network need. */
export function networked(subject: Subject, link: HostLink): ProviderHost {
  const { host, record, spec, context } = subject;
  const { installation, clock, signal, tools } = context;
  if (!link.shell) throw new BerthError('BERTH_SSH', `${host} is not reached by SSH`);
  return {
    ...{ host, installation, address: record.address, spec, engine: link.engine, clock, signal },
    ...{ shell: link.shell, fenced: fenced(link, subject), readLocal: tools.readLocal },
  };
}

/** That something came about. */
export const done = (type: string): Observation => ({ type, status: 'True', reason: type, message: '' });

/** Runs work that may fail, and says on the host's record why it did before the failure goes on to the queue's backoff. */
export async function explaining<T>(subject: Subject, type: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const cause = error instanceof StepFailed ? error.cause : error;
    if (!isOurs(cause)) {
      const reason = reasonFor(cause);
      const message = `${error instanceof StepFailed ? `${error.step}: ` : ''}${messageOf(cause)}`;
      await update(subject, (current) => current, [{ type, status: 'False', reason, message }]);
      subject.context.event(`hosts/${subject.cloud}/${subject.host}`, 'Warning', reason, message);
    }
    throw cause;
  }
}

function reasonFor(cause: unknown): string {
  if (cause instanceof OptionsRefused) return 'PrepareFailed';
  return cause instanceof BerthError ? reasonOf(cause.code) : 'Failed';
}

/** A failure of the controller's own, that says nothing about the host. */
export const isOurs = (error: unknown): boolean =>
  error instanceof BerthError && /^BERTH_(STORE_|CONFLICT|NOT_LEADER|FENCED)/.test(error.code);

/**
 * Changes the host's record as the cache has it now: whatever took long began with an older one.
 * @returns whether anything changed
 * @throws BERTH_CONFLICT where it changes meanwhile
 */
export async function update(
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

import { summarize } from '../../lib/reconcile/index.ts';
import type { Condition, DockerCloudSpec, HostRecord, Observation } from '../../lib/records/index.ts';
import type { Health } from './health.ts';
import { isSuitable, type Standing } from './plan.ts';

/** What there is to say about a host beside how far its making is; that stands in Provisioned and Prepared already. */
export function hostConditions(
  record: HostRecord,
  standing: Standing,
  health: Health,
  spec: DockerCloudSpec,
): Observation[] {
  const observed: Observation[] = [];
  if (record.prepared !== undefined) {
    observed.push(suitable(record, spec));
    if (standing.gone)
      observed.push(say('Reachable', 'False', 'Gone', 'its location does not have the machine any more'));
    else if (health.verdict === 'failing')
      observed.push(say('Reachable', 'False', standing.lost ? 'Lost' : 'NoAnswer', health.message));
    else if (health.verdict === 'answering') {
      observed.push(say('Reachable', 'True', 'Answers', ''));
      observed.push(
        health.engine === 'failing'
          ? say('EngineReady', 'False', 'NoAnswer', health.message)
          : say('EngineReady', 'True', 'Answers', ''),
      );
    }
  }
  return [...observed, ready(record.conditions, observed)];
}

function suitable({ capacity }: HostRecord, spec: DockerCloudSpec): Observation {
  const { machine } = spec;
  return isSuitable({ capacity }, spec)
    ? say('Suitable', 'True', 'Suitable', '')
    : say(
        'Suitable',
        'False',
        'TooSmall',
        `the machine offers ${capacity.cpus} cores and ${capacity.memory} bytes; spec.machine asks for ${machine.minCores} and ${machine.minRam}`,
      );
}

function ready(stood: readonly Condition[], observed: readonly Observation[]): Observation {
  const of = (type: string) =>
    observed.find((each) => each.type === type) ??
    stood.find((each) => each.type === type) ??
    say(type, 'Unknown', 'NotYet', '');
  return summarize(['Provisioned', 'Prepared', 'Reachable', 'EngineReady', 'Suitable'].map(of));
}

const say = (type: string, status: Observation['status'], reason: string, message: string): Observation => ({
  type,
  status,
  reason,
  message,
});

/**
 * One word for people, derived from everything else and never acted on.
 *
 * @param conditions  as they are to stand with it
 */
export function phaseOf(
  record: HostRecord,
  { lost, gone, removing, drain, schedulable }: Standing,
  conditions: readonly Condition[] = record.conditions,
): HostRecord['phase'] {
  if (gone || removing) return 'Removing';
  if (lost) return 'Lost';
  if (record.prepared === undefined) {
    const failed = conditions.some(({ type, status }) => type !== 'Ready' && status === 'False');
    if (failed) return 'Failed';
    return record.engine ? 'Preparing' : 'Provisioning';
  }
  if (drain) return 'Draining';
  // One that keeps what it was prepared for before, since it cannot be changed, takes containers as ever.
  const ready = conditions.find(({ type }) => type === 'Ready');
  return schedulable || ready?.status === 'True' ? 'Ready' : 'NotReady';
}

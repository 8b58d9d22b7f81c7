import { summarize } from '../../lib/reconcile/index.ts';
import type { DockerCloudStatus, HostRecord, Observation } from '../../lib/records/index.ts';
import type { CloudPlan } from './plan.ts';

export interface Deletion {
  /** Names of applications that use the cloud: `default/shop`. */
  applications: readonly string[];
  cascade: boolean;
}

/** What the status of a cloud says. Pure: times are filled in by the caller. */
export function cloudStatus(
  accepted: Observation,
  plan: CloudPlan | undefined,
  hosts: readonly HostRecord[],
  deletion: Deletion | undefined,
): { phase: string; observed: Observation[]; hosts: DockerCloudStatus['hosts'] } {
  const there = hosts.filter(({ gone }) => !gone);
  const ready = there.filter(({ schedulable }) => schedulable).length;
  const counts = { wanted: plan?.wanted ?? 0, total: there.length, ready };
  const observed = [accepted];
  if (plan) {
    const [ofHosts, ofMachines] = [hostsReady(plan, hosts, ready), machinesAvailable(plan)];
    // What is in the way comes before what waits for it: hosts that are merely not there yet wait for machines.
    const inOrder = ofHosts.reason === 'Provisioning' ? [ofMachines, ofHosts] : [ofHosts, ofMachines];
    observed.push(
      networkTrusted(plan, there.length),
      ...inOrder,
      hostsPrepared(there),
      deleting(deletion, there.length),
    );
  }
  const summary = deletion
    ? { ...deleting(deletion, there.length), type: 'Ready', status: 'False' as const }
    : summarize(observed.filter(({ type }) => type !== 'Deleting'));
  return { phase: phaseOf(summary, deletion, counts), observed: [summary, ...observed], hosts: counts };
}

const say = (type: string, status: Observation['status'], reason: string, message: string): Observation => ({
  type,
  status,
  reason,
  message,
});

function hostsReady({ wanted }: CloudPlan, hosts: readonly HostRecord[], ready: number): Observation {
  if (ready >= wanted) return say('HostsReady', 'True', 'Ready', `${ready} of ${wanted} hosts are ready`);
  const troubled = hosts
    .flatMap(({ conditions, schedulable, gone }) => (schedulable || gone ? [] : conditions))
    .find(({ type, status }) => type !== 'Ready' && status === 'False');
  const why = troubled ? `: ${troubled.message || troubled.reason}` : '';
  return say('HostsReady', 'False', troubled?.reason ?? 'Provisioning', `${ready} of ${wanted} hosts are ready${why}`);
}

/** Hosts that keep running as they were, since they could not be made what the record asks for. */
function hostsPrepared(hosts: readonly HostRecord[]): Observation {
  const refused = hosts.flatMap(({ conditions, prepared, removing, lost }) =>
    prepared === undefined || removing || lost
      ? []
      : conditions.filter(({ type, status }) => type === 'Prepared' && status === 'False'),
  );
  const [first] = refused;
  if (!first) return say('HostsPrepared', 'True', 'Prepared', '');
  const count = refused.length === 1 ? '1 host' : `${refused.length} hosts`;
  return say('HostsPrepared', 'False', first.reason, `${count} could not be made as the record asks: ${first.message}`);
}

const machinesAvailable = ({ lacking }: CloudPlan): Observation =>
  lacking === 0
    ? say('MachinesAvailable', 'True', 'Available', '')
    : say(
        'MachinesAvailable',
        'False',
        'NoMachine',
        `the locations have no machine left for ${lacking} more ${lacking === 1 ? 'host' : 'hosts'}; add machines or lower spec.hosts.min`,
      );

const networkTrusted = ({ braked, failing }: CloudPlan, total: number): Observation =>
  braked
    ? say(
        'NetworkTrusted',
        'False',
        'TooManyUnreachable',
        `${failing} of ${total} hosts do not answer at once, so berth takes it that its own network broke and declares none of them lost`,
      )
    : say('NetworkTrusted', 'True', 'Trusted', '');

function deleting(deletion: Deletion | undefined, hosts: number): Observation {
  if (!deletion) return say('Deleting', 'False', 'NotDeleted', '');
  const { applications, cascade } = deletion;
  if (applications.length > 0 && !cascade)
    return say('Deleting', 'True', 'InUse', `waits for the applications on it: ${few(applications)}`);
  const also = applications.length > 0 ? `; containers of ${few(applications)} stop with it` : '';
  return say('Deleting', 'True', 'RemovingHosts', `${hosts === 1 ? '1 host is' : `${hosts} hosts are`} left${also}`);
}

const few = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');

function phaseOf(
  { status, reason }: Observation,
  deletion: Deletion | undefined,
  { total, ready }: DockerCloudStatus['hosts'],
): string {
  if (deletion) return 'Deleting';
  if (status === 'True') return 'Ready';
  if (ready > 0) return 'Degraded';
  const underWay = reason === 'Provisioning' || (reason === 'NoMachine' && total > 0);
  return underWay ? 'Provisioning' : 'Failed';
}

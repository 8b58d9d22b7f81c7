import { BerthError } from '../../lib/errors/index.ts';
import { leavingSteps } from '../../lib/network/providers/index.ts';
import type { Result } from '../../lib/reconcile/index.ts';
import type { HostRecord } from '../../lib/records/index.ts';
import type { HostpoolContext } from './context.ts';
import { driverOf } from './place.ts';
import { release, take } from './prepare/index.ts';
import { explaining, fenced, linkTo, networked, type Subject, update } from './subject.ts';

/** Ends the machine, or hands it back to its owner; then the host is gone. */
export async function giveBack(subject: Subject): Promise<Result> {
  const { cloud, host, record, context } = subject;
  const { tools, installation, signal, fence } = context;
  await explaining(subject, 'Released', async () => {
    // Of a machine that never was a host, or that does not answer any more, nothing can be asked.
    await leave(subject).catch((error: unknown) => {
      if (record.prepared !== undefined && !record.lost) throw error;
    });
    fence.check();
    await locationOf(record, context).destroy({ host, cloud, id: record.machineId, installation }, signal);
    tools.links.drop(host);
    await update(subject, (current) => ({ ...current, schedulable: false, gone: true, phase: 'Removing' }), []);
  });
}

/** Machines of somebody else's are left as they were found; others are destroyed as they are. */
async function leave(subject: Subject): Promise<void> {
  const { record, context } = subject;
  const driver = driverOf(record);
  if (!record.engine || (driver !== 'byon' && driver !== 'localhost')) return;
  const link = await linkTo(subject);
  await take(leavingSteps(), networked(subject, link));
  if (driver === 'byon') await release(fenced(link, subject), context.signal);
}

function locationOf(record: HostRecord, { tools }: HostpoolContext) {
  const found = Object.entries(tools.locations).find(([driver]) => driver === driverOf(record))?.[1];
  if (!found) throw new BerthError('BERTH_LOCATION', `no such location: ${record.location}`);
  return found;
}

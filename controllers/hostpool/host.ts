import { type Result, RetryAfter } from '../../lib/reconcile/index.ts';
import type { Accepted, DockerCloudSpec } from '../../lib/records/index.ts';
import type { HostpoolContext } from './context.ts';
import { giveBack } from './give-back.ts';
import { placesOf } from './place.ts';
import { isIntroduced, provision } from './provision.ts';
import { isOurs, type Subject } from './subject.ts';
import { keepPrepared } from './upkeep.ts';

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
    tools.setbacks.forget(host);
    return;
  }
  const subject: Subject = { cloud, host, record, spec: accepted.spec, context };
  try {
    const result = await bringCloser(subject);
    tools.setbacks.succeeded(host);
    return result;
  } catch (error) {
    if (error instanceof RetryAfter || isOurs(error)) throw error;
    // Another record, that may have mended what failed, is not made to wait for what failed under this one.
    throw new RetryAfter(tools.setbacks.failed(host, accepted.generation, context.random), error);
  }
}

async function bringCloser(subject: Subject): Promise<Result> {
  const { record, spec } = subject;
  if (record.removing) return giveBack(subject);

  const location = placesOf(spec)(record);
  if (location && !isIntroduced(subject) && (await provision(subject, location))) return;
  if (!record.engine || record.lost) return;
  return keepPrepared(subject);
}

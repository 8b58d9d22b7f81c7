import type { Result } from '../../lib/reconcile/index.ts';
import type { Accepted, DockerCloudSpec } from '../../lib/records/index.ts';
import { adoptClaimed } from './adopt.ts';
import type { HostpoolContext } from './context.ts';
import { byDriver } from './place.ts';

/** Milliseconds until a machine that is still listed is looked for again. */
const AGAIN = 2_000;

/**
 * The end of a cloud whose last host record is gone: once its locations, asked anew, have no machine of it either, what
 * was kept about it goes in one transaction.
 */
export async function finish(
  cloud: string,
  { spec }: Accepted<DockerCloudSpec>,
  context: HostpoolContext,
): Promise<Result> {
  const { store, tools, installation, signal, fence } = context;
  // A machine of somebody else's is given back, not forgotten with what we put there.
  if ((await adoptClaimed(cloud, spec, context)) > 0) return { after: AGAIN };
  const lists = await Promise.all(
    byDriver(spec).map(async (location) => {
      const driver = tools.locations[location.driver];
      return { driver, machines: await driver.list({ cloud, installation, spec, location }, signal) };
    }),
  );
  const left = lists.flatMap(({ driver, machines }) => machines.map((machine) => ({ driver, machine })));
  if (left.length > 0) {
    fence.check();
    await Promise.all(left.map(({ driver, machine }) => driver.destroy({ ...machine, installation }, signal)));
    return { after: AGAIN };
  }
  await store.commit({
    writes: [
      { delete: 'accepted/dockerclouds', id: cloud },
      { delete: 'status/dockerclouds', id: cloud },
      { delete: 'credentials', id: cloud },
      { delete: 'schedulable', id: cloud },
    ],
    guards: [{ empty: 'hosts', under: cloud }],
  });
  tools.vault.forget(cloud);
  tools.inventory.forget(cloud);
}

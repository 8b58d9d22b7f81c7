import { plan } from '../../../controllers/container/plan.ts';
import { containerRecord } from '../../harness/records.ts';
import { assignmentOf, endpointOf, World } from './world.ts';

export const WEB = 'default/shop/web-0';

/** Acts until nothing is left to do, but at most `limit` steps. @returns whether nothing is left */
export function settle(world: World, limit = Infinity): boolean {
  let left = limit;
  for (let round = 0; round < 60; round++) {
    const actions = plan(world.snapshot());
    if (actions.length === 0) return true;
    for (const action of actions) {
      if (left-- <= 0) return false;
      world.do(action);
    }
  }
  throw new Error(`never settles: ${world.history.slice(-20)}`);
}

export function assigned(
  { uid = 'u1', shim = true, record = containerRecord(), id = WEB, address = '10.64.0.1' } = {},
  world = new World({ shim }),
): World {
  world.assignments.set(id, assignmentOf(uid));
  world.endpoints.set(id, endpointOf(uid, address));
  world.records.set(id, record);
  return world;
}

export function running(options: Parameters<typeof assigned>[0] = {}): World {
  const world = assigned(options);
  settle(world);
  world.history.length = 0;
  return world;
}

export const only = (world: World) => world.ours.find(({ role }) => role === 'container')!;

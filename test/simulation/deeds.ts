import type { Random } from '../../lib/platform/index.ts';
import { fate } from './fate.ts';
import { users } from './users.ts';
import type { World } from './world.ts';

/** Something that a user or fate does to the world. Named for the log of a failing seed. */
export interface Deed {
  name: string;
  /** How often, in relation to the others. */
  weight: number;
  do(world: World): Promise<string> | string;
}

export const deeds: readonly Deed[] = [...users, ...fate];

/** One deed, drawn by weight. */
export function draw(random: Random): Deed {
  let at = random.next() * deeds.reduce((sum, { weight }) => sum + weight, 0);
  for (const deed of deeds) {
    at -= deed.weight;
    if (at < 0) return deed;
  }
  return deeds[0]!;
}

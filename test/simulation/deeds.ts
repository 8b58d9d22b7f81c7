import { fate } from './fate.ts';
import { foreignDeeds } from './foreign-deeds.ts';
import { networkDeeds } from './networks.ts';
import { users } from './users.ts';
import type { World } from './world.ts';

/** Something that a user or fate does to the world. Named for the log of a failing seed. */
export interface Deed {
  name: string;
  /** How often, in relation to the others. */
  weight: number;
  /** Rarer in a world where processes live long. */
  befalls?: 'processes';
  do(world: World): Promise<string> | string;
}

export const deeds: readonly Deed[] = [...users, ...networkDeeds, ...foreignDeeds, ...fate];

/** One deed, drawn by weight. */
export function draw({ random, unrest, often }: World): Deed {
  const weightOf = ({ name, weight, befalls }: Deed) =>
    weight * (befalls === 'processes' ? unrest.share : 1) * (name === often ? 5 : 1);
  let at = random.next() * deeds.reduce((sum, deed) => sum + weightOf(deed), 0);
  for (const deed of deeds) {
    at -= weightOf(deed);
    if (at < 0) return deed;
  }
  return deeds[0]!;
}

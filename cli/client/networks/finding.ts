/** Something that is not as it should be, in etcd or on a host. */
export interface Finding {
  /** The record, by kind and id: `calico/ipam/v2/…`, `networks/blue`, `hosts/c/h-1`. */
  where: string;
  found: string;
  expected: string;
  /** What to do about it. */
  do: string;
  /** Who made it, as far as that can be told: this installation, or whoever else writes there. */
  of: 'berth' | 'others' | 'unknown';
}

/** Equal for what two looks found alike. */
export const sameness = ({ where, found }: Finding): string => `${where}\0${found}`;

/** What to do about what the controllers mend. */
export const SET_RIGHT = 'berth sets it right at its next look; see `berth events`';

/** A finding that this installation answers for. */
export const ours = (where: string, found: string, expected: string, steps: string): Finding => ({
  ...{ where, found, expected },
  do: steps,
  of: 'berth',
});

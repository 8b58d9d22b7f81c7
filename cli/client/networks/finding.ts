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

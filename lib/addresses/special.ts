import { type Cidr, overlaps, parseCidr } from './addresses.ts';

/** Of one link each: Calico's clients refuse a pool that overlaps with them (calico.md §2). */
const LINK_LOCAL = ['169.254.0.0/16', 'fe80::/10'].map(parseCidr);
/** Ranges that mean something else on every host: no network of containers can have them. */
const SPECIAL = [...['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3', '::/8', 'ff00::/8'].map(parseCidr), ...LINK_LOCAL];

export const isLinkLocal = (range: Cidr): boolean => LINK_LOCAL.some((each) => overlaps(each, range));

/** What of a range hosts use themselves; undefined where they do not. */
export const specialRangeIn = (range: Cidr): Cidr | undefined => SPECIAL.find((each) => overlaps(each, range));

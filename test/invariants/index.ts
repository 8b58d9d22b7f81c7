export { brokenAtRest, leaked } from './at-rest.ts';
export type { Invariant } from './invariant.ts';
export { check, invariants } from './invariants.ts';
export { brokenByLanding, type Landing } from './landings.ts';
export { Ledger, type Running } from './ledger.ts';

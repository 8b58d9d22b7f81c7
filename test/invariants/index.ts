export { brokenAtRest, leaked } from './at-rest.ts';
export { check, type Invariant, invariants } from './invariants.ts';
export { Ledger, type Running } from './ledger.ts';

export { check, type Invariant, invariants } from './invariants.ts';
export { Ledger, type Running } from './ledger.ts';

import type { Ledger } from './ledger.ts';
import type { Touched } from './touched.ts';

/** One of the guarantees of design §6, as code: what is broken, in words; nothing when it holds. */
export interface Invariant {
  guarantee: number;
  name: string;
  /** Looks only at what a change has touched. */
  broken(ledger: Ledger, touched: Touched): Iterable<string>;
}

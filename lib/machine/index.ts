export type * from './location.ts';

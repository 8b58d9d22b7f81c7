export { type Kind, kinds, type RecordOf, type Writer } from './keys.ts';
export type * from './kv.ts';
export type * from './types.ts';

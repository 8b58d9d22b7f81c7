export * from './audit.ts';
export * from './blocks.ts';
export { type Assigned, type AssignRequest, IpamPlan, type IpamState, type Pool } from './ipam.ts';
export * from './ipam-records.ts';
export { type Json, type JsonObject, parseJson, writeJson } from './json.ts';
export * from './keys.ts';
export type { Change, Versioned } from './overlay.ts';
export { CalicoReader, decodeRecord } from './reader.ts';
export * from './resources.ts';

export { parseRange } from './addresses.ts';
export * from './audit.ts';
export { INSTALLATION } from './audit-owners.ts';
export * from './blocks.ts';
export * from './checks.ts';
export { type Codec, decodeRecord, tryDecode } from './codec.ts';
export * from './configuration-records.ts';
export * from './effective.ts';
export {
  allOf,
  type Directory,
  effectiveRules,
  namespaceSelector,
  serviceAccountSelector,
} from './effective-rules.ts';
export { type Assigned, type AssignRequest, type HeldAddress, IpamPlan, type IpamState, type Pool } from './ipam.ts';
export * from './ipam-records.ts';
export { type Json, type JsonObject, parseJson, writeJson } from './json.ts';
export * from './keys.ts';
export { codecs } from './kinds.ts';
export * from './label-index.ts';
export type { Change, Versioned } from './overlay.ts';
export * from './policy.ts';
export * from './policy-index.ts';
export * from './policy-records.ts';
export { CalicoReader } from './reader.ts';
export * from './resources.ts';
export {
  type EntityRule,
  type IcmpFields,
  type Rule,
  rulesOf,
} from './rule-records.ts';
export * from './selector.ts';
export { parseSelector } from './selector-parser.ts';
export { template } from './template.ts';

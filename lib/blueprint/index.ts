/** From an application's blueprint to the containers, networks and entities that it needs. Pure: no store, no clock. */

export { ROOT, type Wait } from './evaluate.ts';
export {
  DEFAULT_NETWORK,
  declaredIn,
  networkName,
  networksOf,
  ownNetworks,
  virtualNetworksOf,
} from './networks.ts';
export { type CloudState, type Plan, type Planned, plan } from './plan.ts';
export { type Problem, problemsOf } from './problems.ts';

export {
  type Bar,
  completeOf,
  containerName,
  type Incarnation,
  type Snapshot,
  type Standing,
  type StandingContainer,
  upOf,
} from './snapshot.ts';
export { canonical, specHash } from './spec-hash.ts';

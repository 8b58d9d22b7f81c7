export type { Filter } from './filters.ts';
export { FIRST_DYNAMIC_PORT, HostModel, LAST_DYNAMIC_PORT, type Request } from './model.ts';
export { type Placement, Planner } from './place.ts';
export { type Pipeline, pipeline } from './strategies.ts';

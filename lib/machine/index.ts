export { createByon } from './byon/index.ts';
export { here } from './here.ts';
export { Hollow, HollowMachine } from './hollow/index.ts';
export { createHostLinks, type HostLinksOptions } from './links.ts';
export { createLocalhost } from './localhost/index.ts';
export type * from './location.ts';
export { createSandbox, missingHere } from './sandbox/index.ts';

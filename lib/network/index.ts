export * from './addresses.ts';
export * from './addresses-allocation.ts';
export * from './addresses-ranges.ts';
export * from './host.ts';
export { type HostInterface, interfaceWith, parseInterfaces, subnetOf } from './interfaces.ts';
export type * from './provider.ts';
export * from './regions.ts';

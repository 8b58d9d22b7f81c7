export * from './host.ts';
export { type HostInterface, interfaceWith, parseInterfaces, subnetOf } from './interfaces.ts';
export type * from './provider.ts';

/** IP addresses of both families as numbers: ranges, what is free among them, how large a network has to be. */

export * from './addresses.ts';
export * from './ranges.ts';
export * from './regions.ts';
export * from './sizing.ts';
export * from './special.ts';

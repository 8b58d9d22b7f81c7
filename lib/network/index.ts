export * from './addresses.ts';
export * from './addresses-allocation.ts';
export * from './host.ts';

import type { HostRecord } from '../../../lib/records/index.ts';

/** A host that is ready, but for what is given. */
export const hostRecord = (given: Partial<HostRecord> = {}): HostRecord => ({
  ...{ cloud: 'c', phase: 'Ready', schedulable: true, drain: false, lost: false, gone: false, address: '10.0.0.1' },
  ...{ location: 'byon', machineId: '', labels: {}, capacity: { cpus: 4, memory: 8 }, foreignPorts: [], agent: false },
  ...{ docker: { version: '1' }, conditions: [], createdAt: '2026-01-01T00:00:00Z' },
  ...given,
});

/** A store as placement reads it, and rounds that apply what it plans. */

import { type PlacementPlan, plan } from '../../../controllers/placement/plan.ts';
import { seededRandom } from '../../../lib/platform/index.ts';
import type { AssignmentRecord, ContainerRecord, HostRecord, ObservedRecord } from '../../../lib/records/index.ts';
import { containerRecord } from '../../harness/records.ts';
import type { State } from '../../harness/state.ts';

export const NOW = Date.UTC(2026, 0, 1);
export const GIB = 2 ** 30;

export const host = (fields: Partial<HostRecord> = {}): HostRecord => ({
  cloud: 'c',
  phase: 'Ready',
  schedulable: true,
  drain: false,
  lost: false,
  gone: false,
  address: '10.0.0.1',
  location: 'hollow',
  machineId: 'm',
  labels: {},
  capacity: { cpus: 4, memory: 8 * GIB },
  foreignPorts: [],
  agent: false,
  docker: { version: '20.10' },
  conditions: [],
  createdAt: '2026-01-01T00:00:00Z',
  ...fields,
});

export const container = (fields: Partial<ContainerRecord> = {}): ContainerRecord =>
  containerRecord({ uid: 7, cloud: 'c', image: 'redis:3', ...fields });

export const assignment = (fields: Partial<AssignmentRecord> = {}): AssignmentRecord => ({
  uid: 'aaaaaaaaaaaaaaaaaaaa',
  cloud: 'c',
  spec: 'spec-1',
  containerRevision: 3,
  reserved: { cpus: 0, memory: 0, ports: [] },
  because: { by: 'depthFirst', of: 2, rejected: {}, revision: 3 },
  ...fields,
});

export const observed = (fields: Partial<ObservedRecord> = {}): ObservedRecord => ({
  uid: 'aaaaaaaaaaaaaaaaaaaa',
  state: 'running',
  id: 'd',
  image: 'redis:3',
  addresses: {},
  ports: {},
  restarts: 0,
  ...fields,
});

/** One round, `after` milliseconds after `NOW`, of the cloud `c`. */
export const round = (state: State, after = 0): PlacementPlan =>
  plan('c', state, { random: seededRandom(state.revision), now: NOW + after });

/** Plans and applies until nothing is left to do. @throws when that never is */
export function settle(state: State, after = 0): State {
  for (let i = 0; i < 10; i++) {
    const { units } = round(state, after);
    const before = JSON.stringify(contents(state));
    for (const unit of units) state.apply(unit);
    if (JSON.stringify(contents(state)) === before) return state;
  }
  throw new Error('the plan does not settle');
}

const contents = (state: State) => ({
  assignments: state.list('assignments').map(({ id, value }) => [id, value]),
  pending: state.list('pending').map(({ id, value }) => [id, value]),
});

/** Ids of all assignments. */
export const assigned = (state: State): string[] => state.list('assignments').map(({ id }) => id);

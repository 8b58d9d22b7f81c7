import { expect } from 'chai';
import { mergeConditions, summarize } from '../../../lib/reconcile/index.ts';
import type { Observation } from '../../../lib/records/index.ts';

const T0 = Date.UTC(2026, 0, 1);
const T1 = T0 + 61_500;
const at = (type: string, status: Observation['status'], reason = 'Because', message = ''): Observation => ({
  ...{ type, status, reason, message },
});

describe('mergeConditions', () => {
  it('dates a condition that is new, in seconds', () => {
    expect(mergeConditions(undefined, [at('Accepted', 'True')], { now: T1, generation: 7 })).to.deep.equal([
      {
        ...{ type: 'Accepted', status: 'True', observedGeneration: 7, lastTransitionTime: '2026-01-01T00:01:01Z' },
        ...{ reason: 'Because', message: '' },
      },
    ]);
  });

  it('keeps the time while the status stays, and takes over reason, message and generation', () => {
    const before = mergeConditions([], [at('Ready', 'False', 'Starting', '1 of 3')], { now: T0, generation: 1 });
    const [ready] = mergeConditions(before, [at('Ready', 'False', 'Starting', '2 of 3')], { now: T1, generation: 2 });
    expect(ready).to.include({ lastTransitionTime: '2026-01-01T00:00:00Z', message: '2 of 3', observedGeneration: 2 });
  });

  it('dates a condition anew when its status changes', () => {
    const before = mergeConditions([], [at('Ready', 'False')], { now: T0 });
    const [ready] = mergeConditions(before, [at('Ready', 'True')], { now: T1 });
    expect(ready).to.include({ lastTransitionTime: '2026-01-01T00:01:01Z', status: 'True' });
  });

  it('leaves alone what was not observed, and orders by type with Ready first', () => {
    const before = mergeConditions([], [at('Reachable', 'True'), at('Ready', 'True')], { now: T0 });
    const after = mergeConditions(before, [at('Accepted', 'True')], { now: T1 });
    expect(after.map(({ type }) => type)).to.deep.equal(['Ready', 'Accepted', 'Reachable']);
    expect(after[2]).to.deep.equal(before[1]);
  });
});

describe('summarize', () => {
  const table: [string, Observation[], Partial<Observation>][] = [
    ['all True', [at('A', 'True'), at('B', 'True')], { status: 'True', reason: 'Ready' }],
    ['one False', [at('A', 'True'), at('B', 'False', 'Full', 'no room')], { status: 'False', reason: 'Full' }],
    ['two False', [at('A', 'False', 'First'), at('B', 'False', 'Second')], { status: 'False', reason: 'First' }],
    ['Unknown before False', [at('A', 'Unknown', 'U'), at('B', 'False', 'F')], { status: 'False', reason: 'F' }],
    ['one Unknown', [at('A', 'True'), at('B', 'Unknown', 'Lost')], { status: 'Unknown', reason: 'Lost' }],
    ['nothing', [], { status: 'Unknown', reason: 'NotObserved' }],
  ];
  for (const [what, observed, expected] of table) {
    it(`${what}: Ready is ${expected.status}, ${expected.reason}`, () =>
      expect(summarize(observed)).to.include({ type: 'Ready', ...expected }));
  }
});

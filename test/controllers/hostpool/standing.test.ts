import { expect } from 'chai';
import { phaseOf } from '../../../controllers/hostpool/standing.ts';
import { hostRecord } from './host-record.ts';

const standing = { schedulable: false, drain: false, lost: false, gone: false, removing: false };
const condition = (type: string, status: 'True' | 'False') => ({
  ...{ type, status, reason: 'X', message: '' },
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

describe('the phase of a host', () => {
  for (const [phase, what, record, stands, conditions] of [
    ['Ready', 'one that takes containers', { prepared: 'x' }, { schedulable: true }, [condition('Ready', 'True')]],
    ['NotReady', 'one whose engine is down', { prepared: 'x' }, {}, [condition('Ready', 'False')]],
    [
      'Ready',
      'one that keeps its former options',
      { prepared: 'x' },
      { schedulable: true },
      [condition('Ready', 'False')],
    ],
    ['Ready', 'one that is well and not needed', { prepared: 'x' }, {}, [condition('Ready', 'True')]],
    ['Draining', 'one that is emptied', { prepared: 'x' }, { drain: true }, [condition('Ready', 'False')]],
    ['Lost', 'one that was declared lost', { prepared: 'x' }, { lost: true }, [condition('Ready', 'False')]],
    ['Failed', 'one that was never ready, and cannot be', {}, {}, [condition('Prepared', 'False')]],
    ['Provisioning', 'one without a machine', {}, {}, []],
  ] as const)
    it(`is ${phase} for ${what}`, () =>
      expect(phaseOf(hostRecord(record), { ...standing, ...stands }, conditions)).to.equal(phase));
});

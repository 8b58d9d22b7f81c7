import { expect } from 'chai';
import type { CloudPlan } from '../../../controllers/hostpool/plan.ts';
import { cloudStatus } from '../../../controllers/hostpool/status.ts';
import type { Observation } from '../../../lib/records/index.ts';
import { hostRecord as host } from './host-record.ts';

const accepted: Observation = { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' };

const planOf = (given: Partial<CloudPlan>): CloudPlan => ({
  ...{ create: [], standing: new Map(), forget: [], wanted: 2, lacking: 0, braked: false, failing: 0 },
  ...given,
});

const underWay = host({ phase: 'Preparing', schedulable: false });
const unknownKey = host({
  schedulable: false,
  conditions: [
    { type: 'Prepared', status: 'False', reason: 'HostKey', message: 'nobody knows its key', lastTransitionTime: '' },
  ],
});

const keepsFormer = host({
  prepared: 'former',
  conditions: [
    { type: 'Prepared', status: 'False', reason: 'PrepareFailed', message: 'it said: no', lastTransitionTime: '' },
  ],
});

const MACHINES = 'the locations have no machine left for 1 more host; add machines or lower spec.hosts.min';

describe('the status of a cloud', () => {
  for (const [sentence, plan, hosts, phase, reason, message] of [
    ['is ready', {}, [host(), host()], 'Ready', 'Ready', ''],
    ['waits for hosts', {}, [host(), underWay], 'Degraded', 'Provisioning', '1 of 2 hosts are ready'],
    ['lacks a machine', { lacking: 1 }, [host()], 'Degraded', 'NoMachine', MACHINES],
    ['lacks a machine while another is made', { lacking: 1 }, [underWay], 'Provisioning', 'NoMachine', MACHINES],
    [
      'lacks all machines',
      { lacking: 2 },
      [],
      'Failed',
      'NoMachine',
      'the locations have no machine left for 2 more hosts; add machines or lower spec.hosts.min',
    ],
    [
      'has a host in trouble, which is nearer than the machine it lacks',
      { lacking: 1 },
      [unknownKey],
      'Failed',
      'HostKey',
      '0 of 2 hosts are ready: nobody knows its key',
    ],
    [
      'has a host that does not take a change, though it runs as before',
      {},
      [host(), keepsFormer],
      'Degraded',
      'PrepareFailed',
      '1 host could not be made as the record asks: it said: no',
    ],
    [
      'does not trust its network, which explains the trouble of hosts',
      { braked: true, failing: 3 },
      [host(), unknownKey],
      'Degraded',
      'TooManyUnreachable',
      '3 of 2 hosts do not answer at once, so berth takes it that its own network broke and declares none of them lost',
    ],
  ] as const)
    it(`says why when it ${sentence}`, () => {
      const status = cloudStatus(accepted, planOf(plan), hosts, undefined);
      const [ready] = status.observed;
      expect([status.phase, ready?.type, ready?.reason, ready?.message]).to.deep.equal([
        phase,
        'Ready',
        reason,
        message,
      ]);
    });

  it('counts one host that is left as one', () => {
    const { observed } = cloudStatus(accepted, planOf({}), [host()], { applications: [], cascade: false });
    expect(observed[0]?.message).to.equal('1 host is left');
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { afterProbe, type Health, lossRules, unknown } from '../../../controllers/hostpool/health.ts';
import { type CloudFacts, type HostFacts, planCloud } from '../../../controllers/hostpool/plan.ts';
import type { DockerCloudSpec, HostRecord, LocationSpec } from '../../../lib/records/index.ts';
import { cloudSpec } from '../../harness/records.ts';

const hollow: LocationSpec = {
  driver: 'hollow',
  text: 'hollow',
  cpus: 4,
  memory: 8,
  zones: 1,
  startMs: 0,
  failureRate: 0,
};
const byon: LocationSpec = { driver: 'byon', text: 'byon:(hosts="…")', machines: [] };

const specOf = (min: number, max: number, location: LocationSpec[] = [hollow]) =>
  cloudSpec({ location, hosts: { min, max } });

const fine = afterProbe(unknown, { reachable: true, engine: true, message: '' }, 0);
const down: Health = { ...unknown, verdict: 'failing', engine: 'failing', failingSince: 0 };
const NOW = 1_000_000;

interface Drawn {
  /** Was ready once; default true. */
  prepared?: boolean;
  record?: Partial<HostRecord>;
  health?: Health;
  missing?: boolean;
  assigned?: boolean;
  occupied?: boolean;
  tidy?: boolean;
}

function host(i: number, drawn: Drawn = {}): HostFacts {
  const { health = fine, missing = false, assigned = false, occupied = assigned, tidy = true, prepared = true } = drawn;
  const record: HostRecord = {
    ...{ cloud: 'c', phase: 'Ready', schedulable: true, drain: false, lost: false, gone: false },
    ...(prepared && { prepared: 'x' }),
    ...{ address: '10.0.0.1', location: 'hollow', machineId: `m-${i}`, labels: {}, capacity: { cpus: 4, memory: 8 } },
    ...{ foreignPorts: [], agent: false, docker: { version: '1' }, conditions: [] },
    createdAt: `2026-01-01T00:00:${String(i).padStart(2, '0')}Z`,
    ...drawn.record,
  };
  const name = `c-${String(i).padStart(2, '0')}`;
  return {
    ...{ name, record, health, missing, assigned: () => assigned, occupied: () => occupied, tidy: () => tidy },
    entry: { kind: 'hosts', id: `c/${name}`, value: record, createRevision: 1, modRevision: 1 },
  };
}

const facts = (spec: DockerCloudSpec, hosts: HostFacts[], more: Partial<CloudFacts> = {}): CloudFacts => ({
  ...{ spec, hosts, deletion: 'none', free: () => undefined, now: NOW, rules: lossRules },
  ...more,
});

const listOf = (...addresses: string[]): LocationSpec => ({
  driver: 'byon',
  text: `byon:(hosts="${addresses.join(',')}")`,
  machines: addresses.map((address) => ({ address, port: 22 })),
});
/** A list as it was before it was edited. */
const formerly = listOf('10.0.0.1', '10.0.0.2', '10.0.0.3').text;
const lostOne = { location: formerly, machineId: '10.0.0.1:22', lost: true, schedulable: false };
const onList: Drawn = { assigned: true, health: down, record: lostOne };
const kept: Drawn = { record: { location: formerly, machineId: '10.0.0.2:22' } };

/** What of each host's standing is out of the ordinary. */
function standings(given: CloudFacts): Record<string, string> {
  const plan = planCloud(given);
  const said = [...plan.standing].map(([name, { schedulable, ...marks }]) => {
    const on = Object.entries(marks)
      .filter(([, value]) => value)
      .map(([mark]) => mark);
    return [name, [...on, ...(schedulable ? [] : ['unschedulable'])].join(' ')] as const;
  });
  return Object.fromEntries([...said, ...plan.forget.map((name) => [name, 'forgotten'] as const)]);
}

describe('the plan of a cloud', () => {
  for (const [sentence, given, expected] of [
    ['leaves ready hosts alone', facts(specOf(2, 3), [host(0), host(1)]), { 'c-00': '', 'c-01': '' }],
    [
      'makes a prepared host schedulable',
      facts(specOf(1, 1), [host(0, { record: { schedulable: false } })]),
      { 'c-00': '' },
    ],
    [
      'waits for preparation',
      facts(specOf(1, 1), [host(0, { prepared: false, record: { schedulable: false } })]),
      { 'c-00': 'unschedulable' },
    ],
    [
      'leaves a host as it is before the first probe',
      facts(specOf(1, 1), [host(0, { health: unknown, record: { schedulable: false } })]),
      { 'c-00': 'unschedulable' },
    ],
    [
      'takes a host that does not answer out',
      facts(specOf(1, 1), [host(0, { health: { ...down, failingSince: NOW } })]),
      { 'c-00': 'unschedulable' },
    ],
    [
      'retires the newest empty host first',
      facts(specOf(1, 9), [host(0), host(1), host(2)]),
      { 'c-00': '', 'c-01': 'unschedulable', 'c-02': 'unschedulable' },
    ],
    [
      'retires no host in use',
      facts(specOf(1, 9), [host(0), host(1, { assigned: true }), host(2, { occupied: true })]),
      { 'c-00': 'unschedulable', 'c-01': '', 'c-02': '' },
    ],
    [
      'removes a retired host that stayed empty',
      facts(specOf(1, 9), [host(0), host(1, { record: { schedulable: false } })]),
      { 'c-00': '', 'c-01': 'removing unschedulable' },
    ],
    [
      'takes a retired host back that was used meanwhile',
      facts(specOf(1, 9), [host(0, { assigned: true }), host(1, { assigned: true, record: { schedulable: false } })]),
      { 'c-00': '', 'c-01': '' },
    ],
    [
      'drains what is beyond hosts.max',
      facts(specOf(1, 1), [host(0, { assigned: true }), host(1, { assigned: true })]),
      { 'c-00': '', 'c-01': 'drain unschedulable' },
    ],
    [
      'drains hosts of a location that left the record',
      facts(specOf(1, 9), [host(0, { assigned: true, record: { location: 'sandbox' } })]),
      { 'c-00': 'drain unschedulable' },
    ],
    [
      'declares a silent host lost',
      facts(specOf(1, 9), [host(0, { assigned: true, health: down }), host(1), host(2)]),
      { 'c-00': 'lost unschedulable', 'c-01': '', 'c-02': 'unschedulable' },
    ],
    [
      'keeps a lost host that answers but is not tidy',
      facts(specOf(2, 9), [
        host(0, { occupied: true, tidy: false, record: { lost: true, schedulable: false } }),
        host(1),
      ]),
      { 'c-00': 'lost unschedulable', 'c-01': '' },
    ],
    [
      'clears a lost host that answers and is tidy',
      facts(specOf(2, 9), [host(0, { occupied: true, record: { lost: true, schedulable: false } }), host(1)]),
      { 'c-00': '', 'c-01': '' },
    ],
    [
      'gives a lost host back that held nothing',
      facts(specOf(1, 9), [host(0, { health: down, record: { lost: true, schedulable: false } }), host(1)]),
      { 'c-00': 'lost removing unschedulable', 'c-01': '' },
    ],
    [
      'never gives a lost host back that may hold something',
      facts(specOf(1, 9), [
        host(0, { occupied: true, health: down, record: { lost: true, schedulable: false } }),
        host(1),
      ]),
      { 'c-00': 'lost unschedulable', 'c-01': '' },
    ],
    [
      'lets a lost host go whose machine was taken off the list, whatever it held',
      facts(specOf(1, 9, [listOf('10.0.0.2')]), [host(0, onList), host(1, { ...kept, assigned: true })]),
      { 'c-00': 'lost gone unschedulable', 'c-01': '' },
    ],
    [
      'lets a lost host go whose whole location left the record',
      facts(specOf(1, 9), [host(0, onList), host(1)]),
      { 'c-00': 'lost gone unschedulable', 'c-01': '' },
    ],
    [
      'lets the lost host of this machine go once its location left the record',
      facts(specOf(1, 9), [host(0, { ...onList, record: { ...lostOne, location: 'localhost' } }), host(1)]),
      { 'c-00': 'lost gone unschedulable', 'c-01': '' },
    ],
    [
      'keeps a lost host whose machine still stands in the edited list',
      facts(specOf(1, 9, [listOf('10.0.0.1', '10.0.0.2')]), [host(0, onList), host(1, { ...kept, assigned: true })]),
      { 'c-00': 'lost unschedulable', 'c-01': '' },
    ],
    [
      'waits for the word of a lost host off the list that this leader has not probed, or that answers again',
      facts(specOf(0, 9), [host(0, { ...onList, health: unknown }), host(1, { ...onList, health: fine, tidy: false })]),
      { 'c-00': 'lost unschedulable', 'c-01': 'lost unschedulable' },
    ],
    [
      'drains a host that works when its machine is taken off the list',
      facts(specOf(1, 9), [host(0, { ...kept, assigned: true })]),
      { 'c-00': 'drain unschedulable' },
    ],
    [
      'never lets a lost host of another location go',
      facts(specOf(1, 9), [host(0, { ...onList, record: { ...lostOne, location: 'sandbox' } }), host(1)]),
      { 'c-00': 'lost unschedulable', 'c-01': '' },
    ],
    [
      'calls a missing machine gone at once',
      facts(specOf(1, 9), [host(0, { assigned: true, missing: true })]),
      { 'c-00': 'lost gone unschedulable' },
    ],
    [
      'keeps a gone host while something of it is left',
      facts(specOf(0, 9), [host(0, { occupied: true, record: { gone: true, lost: true, schedulable: false } })]),
      { 'c-00': 'lost gone unschedulable' },
    ],
    [
      'forgets a gone host of which nothing is left',
      facts(specOf(0, 9), [host(0, { record: { gone: true, lost: true, schedulable: false } })]),
      { 'c-00': 'forgotten' },
    ],
    [
      'empties a cloud that is deleted',
      facts(specOf(2, 9), [host(0, { assigned: true }), host(1)], { deletion: 'draining' }),
      { 'c-00': 'drain unschedulable', 'c-01': 'unschedulable' },
    ],
    [
      'keeps a deleted cloud that is in use',
      facts(specOf(2, 9), [host(0, { assigned: true }), host(1)], { deletion: 'waiting' }),
      { 'c-00': '', 'c-01': '' },
    ],
    [
      'refuses a machine that is too small',
      facts({ ...specOf(1, 9), machine: { minCores: 8, minRam: 0, labels: {} } }, [host(0)]),
      { 'c-00': 'unschedulable' },
    ],
  ] as const)
    it(sentence, () => expect(standings(given)).to.deep.equal(expected));

  for (const [sentence, given, create, lacking] of [
    ['creates what is missing', facts(specOf(3, 9), [host(0)]), 2, 0],
    [
      'does not count the lost',
      facts(specOf(2, 2), [host(0, { record: { lost: true }, health: down, occupied: true }), host(1)]),
      1,
      0,
    ],
    ['does not count the missing', facts(specOf(2, 2), [host(0, { missing: true }), host(1)]), 1, 0],
    [
      'waits for room under hosts.max',
      facts(specOf(2, 2), [host(0, { record: { removing: true, schedulable: false } }), host(1)]),
      0,
      0,
    ],
    ['makes so many at once only', facts(specOf(500, 500), []), 64, 0],
    [
      'takes machines of a pool while there are any',
      facts(specOf(3, 9, [byon]), [], { free: () => ['10.0.0.1:22', '10.0.0.2:22'] }),
      2,
      1,
    ],
    [
      'goes on with the next location',
      facts(specOf(3, 9, [byon, hollow]), [], {
        free: ({ driver }) => (driver === 'byon' ? ['10.0.0.1:22'] : undefined),
      }),
      3,
      0,
    ],
  ] as const)
    it(sentence, () => {
      const plan = planCloud(given);
      expect([plan.create.length, plan.lacking]).to.deep.equal([create, lacking]);
    });

  const drawn = fc.record(
    {
      health: fc.constantFrom(fine, down, unknown),
      missing: fc.boolean(),
      assigned: fc.boolean(),
      occupied: fc.boolean(),
      tidy: fc.boolean(),
      record: fc.record(
        {
          ...{
            schedulable: fc.boolean(),
            lost: fc.boolean(),
            gone: fc.boolean(),
            removing: fc.boolean(),
            drain: fc.boolean(),
          },
          location: fc.constantFrom('hollow', 'sandbox'),
        },
        { requiredKeys: ['schedulable'] },
      ),
    },
    { requiredKeys: ['record', 'assigned'] },
  );
  const anyFacts = fc
    .record({
      hosts: fc.array(drawn, { maxLength: 20 }),
      min: fc.nat(10),
      more: fc.nat(10),
      deletion: fc.constantFrom('none', 'waiting', 'draining'),
    })
    .map(({ hosts, min, more, deletion }) =>
      facts(
        specOf(min, min + more),
        hosts.map((each, i) => host(i, each)),
        { deletion },
      ),
    );

  it('never makes more than hosts.max', () =>
    fc.assert(
      fc.property(anyFacts, (given) => {
        const existing = given.hosts.filter(({ record, missing }) => !record.gone && !missing && !record.lost).length;
        const { create } = planCloud(given);
        if (create.length > 0) expect(existing + create.length).to.be.at.most(given.spec.hosts.max);
      }),
    ));

  it('begins to remove only hosts that are empty and unschedulable, or lost ones of a cloud that goes', () =>
    fc.assert(
      fc.property(anyFacts, (given) => {
        const { standing, forget } = planCloud(given);
        for (const { name, record, assigned, occupied } of given.hosts) {
          const now = standing.get(name);
          if (now?.removing && !record.removing) {
            expect(record.schedulable).to.equal(false);
            expect(assigned()).to.equal(false);
            if (!(now.lost && given.deletion === 'draining')) expect(occupied()).to.equal(false);
          }
          if (forget.includes(name)) expect([record.gone, assigned(), occupied()]).to.deep.equal([true, false, false]);
        }
      }),
    ));

  it('gives containers only to hosts that are there and stay', () =>
    fc.assert(
      fc.property(anyFacts, (given) => {
        for (const { schedulable, ...marks } of planCloud(given).standing.values())
          if (schedulable) expect(Object.values(marks)).to.deep.equal([false, false, false, false]);
      }),
    ));

  it('never brings back what is gone or on its way out', () =>
    fc.assert(
      fc.property(anyFacts, (given) => {
        const { standing, forget } = planCloud(given);
        for (const { name, record } of given.hosts) {
          if (record.gone) expect(forget.includes(name) || standing.get(name)!.gone).to.equal(true);
          if (record.removing) expect(forget.includes(name) || standing.get(name)!.removing).to.equal(true);
        }
      }),
    ));
});

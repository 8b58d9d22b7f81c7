import { expect } from 'chai';
import { describe as describeThings } from '../../../cli/client/describe.ts';
import { events } from '../../../cli/client/events.ts';
import { findResource } from '../../../cli/client/resources/index.ts';
import type { RecordOf } from '../../../lib/store/index.ts';
import { applicationStatus, assignment, Bench, container, endpoint, host, observed } from './support.ts';

const event = (about: string, last: number, more: Partial<RecordOf<'events'>> = {}): RecordOf<'events'> => {
  const time = new Date(Date.UTC(2026, 0, 1) - last * 1000).toISOString();
  return {
    about,
    type: 'Normal',
    reason: 'Happened',
    message: `at ${last}`,
    controller: 'x',
    count: 1,
    first: time,
    last: time,
    ...more,
  };
};

async function shop(): Promise<Bench> {
  const bench = await new Bench().put({
    applications: {
      'default/shop':
        'location: c\nservices: [{ type: "docker:web:1", env: { DB_PASSWORD: hunter2, URL: "redis://u:hunter2@db", MODE: fast } }]\n',
    },
    hosts: { 'c/h-1': host('c') },
    containers: {
      'default/shop/web-0': container({
        env: { DB_PASSWORD: 'hunter2', MODE: 'fast' },
        command: ['mysqld', '--password', 'hunter2'],
      }),
    },
    assignments: { 'h-1/default/shop/web-0': assignment('a1') },
    observed: { 'h-1/default/shop/web-0': observed('a1') },
    endpoints: { 'h-1/default/shop/web-0': endpoint('a1') },
    events: {
      'applications/default/shop/1': event('applications/default/shop', 30),
      'containers/default/shop/web-0/2': event('containers/default/shop/web-0', 90, {
        type: 'Warning',
        reason: 'PullFailed',
        count: 3,
      }),
      'containers/default/shopping/web-0/3': event('containers/default/shopping/web-0', 60, { reason: 'Foreign' }),
      'applications/other/shop/4': event('applications/other/shop', 50, { reason: 'Elsewhere' }),
      'hosts/c/h-1/5': event('hosts/c/h-1', 40, { reason: 'Prepared' }),
    },
  });
  return bench.put({ 'status/applications': { 'default/shop': applicationStatus(1, 'False', 'web-1 waits') } });
}

describe('berth describe', () => {
  it('tells of an application its record, conditions, containers and events', async () => {
    const bench = await shop();
    expect(await describeThings(bench, ['app/shop'], { namespace: 'default' })).to.equal(0);
    for (const line of [
      /^Name: +shop$/m,
      /^Namespace: +default$/m,
      /^Status: +Deploying$/m,
      /^ {2}location: c$/m,
      /^ {2}Ready +False +0s +Starting +web-1 waits$/m,
      /^ {2}shop\/web-0 +Running +h-1 /m,
      /^ {2}90s \(x3 over 90s\) +Warning +PullFailed +container\/shop\/web-0 +at 90$/m,
      /^ {2}30s +Normal +Happened +application\/shop +at 30$/m,
      /^Networks: +<none>$/m,
    ])
      expect(bench.printed).to.match(line);
    expect(bench.printed).not.to.match(/Foreign|Elsewhere|Prepared/);
  });

  for (const what of ['app/shop', 'c/shop/web-0'])
    it(`hides what looks like a secret: ${what}`, async () => {
      const bench = await shop();
      await describeThings(bench, [what], { namespace: 'default' });
      expect(bench.printed).to.include('<hidden>').and.to.include('MODE: fast').and.not.to.include('hunter2');
    });

  it('tells of a host what runs on it and of its preparation', async () => {
    const bench = await shop();
    await describeThings(bench, ['host', 'h-1'], { namespace: 'default' });
    expect(bench.printed)
      .to.match(/^ {2}default +shop\/web-0 +Running/m)
      .and.to.match(/Prepared +host\/h-1/);
  });

  it('tells of a cloud the applications in it, also where the blueprint has a list of locations', async () => {
    const bench = await shop();
    await bench.put({
      dockerclouds: { c: 'spec: { location: hollow }' },
      applications: { 'default/redis': 'locations: [c]\nservices: [{ type: "docker:redis:3" }]\n' },
    });
    await describeThings(bench, ['dc/c'], { namespace: 'default' });
    expect(bench.printed)
      .to.match(/^ {2}default +redis /m)
      .and.to.match(/^ {2}default +shop /m);
  });

  it('describes all of a kind, and says what does not exist', async () => {
    const bench = await shop();
    expect(await describeThings(bench, ['app', 'nope'], { namespace: 'default' })).to.equal(1);
    expect(bench.noted[0]).to.include('applications "nope" not found');
    expect(await describeThings(bench, ['app'], { namespace: 'default' })).to.equal(0);
    expect(bench.printed).to.include('Name:         shop');
  });
});

describe('berth events', () => {
  const reasons = (bench: Bench) => bench.rows().map(({ REASON }) => REASON);

  it('shows those of a namespace and of what has none, the latest last', async () => {
    const bench = await shop();
    expect(await events(bench, { namespace: 'default' })).to.equal(0);
    expect(reasons(bench)).to.deep.equal(['PullFailed', 'Foreign', 'Prepared', 'Happened']);
    await events(bench, { namespace: undefined });
    expect(reasons(bench)).to.have.length(5);
  });

  it('shows in all namespaces which one each is in', async () => {
    const bench = await shop();
    await bench.put({ events: { 'networks/6': event('networks', 20, { reason: 'Repaired' }) } });
    await events(bench, { namespace: undefined });
    const rows = bench.rows().map(({ NAMESPACE, OBJECT }) => `${NAMESPACE} ${OBJECT}`);
    expect(rows).to.deep.equal([
      'default container/shop/web-0',
      'default container/shopping/web-0',
      'other application/shop',
      '<none> host/h-1',
      'default application/shop',
      '<none> networks',
    ]);
  });

  it('shows those of one thing and what was made for it, and only some types', async () => {
    const bench = await shop();
    const of = { resource: findResource('app'), name: 'shop' };
    await events(bench, { namespace: 'default', of });
    expect(reasons(bench)).to.deep.equal(['PullFailed', 'Happened']);
    await events(bench, { namespace: 'default', of, types: ['Warning'] });
    expect(reasons(bench)).to.deep.equal(['PullFailed']);
    await events(bench, { namespace: 'default', of: { resource: findResource('host'), name: 'h-1' } });
    expect(reasons(bench)).to.deep.equal(['Prepared']);
  });

  it('goes on with what happens, and with what happens again', async () => {
    const bench = await shop();
    const end = new AbortController();
    const done = events(bench, { namespace: 'other', types: ['Normal'], watch: end.signal });
    await bench.clock.until(() => bench.printed.includes('Elsewhere'), 1000);
    await bench.put({
      events: { 'applications/other/shop/4': event('applications/other/shop', 1, { count: 2, reason: 'Again' }) },
    });
    await bench.clock.until(() => bench.printed.includes('Again'), 1000);
    end.abort();
    expect(await done).to.equal(0);
  });

  it('says that there are none', async () => {
    const bench = new Bench();
    expect(await events(bench, { namespace: undefined })).to.equal(0);
    expect(bench.noted).to.deep.equal(['No events found.']);
  });
});

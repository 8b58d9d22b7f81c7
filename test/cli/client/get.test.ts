import { expect } from 'chai';
import { get } from '../../../cli/client/get.ts';
import { type Incarnation, statusOf } from '../../../cli/client/resources/containers.ts';
import { isCode } from '../../../lib/errors/index.ts';
import { applicationStatus, assignment, Bench, container, endpoint, host, observed, ready } from './support.ts';

const DEFAULT = { namespace: 'default' };

/** Two hosts, an application with two containers that run and one that waits. */
async function shop(): Promise<Bench> {
  const bench = await new Bench().put({
    dockerclouds: { c: 'apiVersion: berth/v1\nkind: DockerCloud\nspec: { location: hollow }\n' },
    applications: {
      'default/shop': '# a blueprint\nlocation: c\nservices: [{ type: "docker:web:1" }]\n',
      'other/blog': 'apiVersion: berth/v1\nkind: Application\nspec: { location: d, services: [] }\n',
      'other/broken': '{{{',
    },
    hosts: { 'c/h-1': host('c'), 'c/h-2': host('c', { phase: 'Lost', lost: true, schedulable: false }) },
    containers: {
      'default/shop/web-0': container(),
      'default/shop/web-1': container(),
      'other/blog/web-0': container(),
    },
    assignments: { 'h-1/default/shop/web-0': assignment('a1'), 'h-2/other/blog/web-0': assignment('b1') },
    observed: { 'h-1/default/shop/web-0': observed('a1'), 'h-2/other/blog/web-0': observed('b1') },
    endpoints: { 'h-1/default/shop/web-0': endpoint('a1') },
    pending: {
      'default/shop/web-1': {
        since: '2026-01-01T00:00:00Z',
        message: 'no host fits: 2 full',
        rejected: { maxContainers: 2 },
        resources: { cpus: 0, memory: 0 },
      },
    },
    networks: {
      'default.shop.default': {
        ...{ uid: 2, cloud: 'c', cidr: '10.64.0.0/24', gateway: '169.254.1.1', pools: [], blockSize: 26 },
        ...{ provider: 'linux', used: 1, capacity: 256, dns: [] },
      },
    },
  });
  return bench.put({
    'status/applications': {
      'default/shop': applicationStatus(await bench.generation('applications', 'default/shop'), 'False', 'web-1 waits'),
    },
  });
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('berth get', () => {
  it('shows applications of a namespace in the columns of their schema', async () => {
    const bench = await shop();
    expect(await get(bench, ['app'], DEFAULT)).to.equal(0);
    const [row, ...more] = bench.rows();
    expect(row).to.include({
      NAME: 'shop',
      READY: 'False',
      STATUS: 'Deploying',
      RUNNING: '1',
      WANTED: '2',
      CLOUD: 'c',
    });
    expect(row).not.to.have.any.keys('NAMESPACE', 'MESSAGE');
    expect(more).to.deep.equal([]);
  });

  it('shows all namespaces with -A, also a record that nobody can read, and more columns with -o wide', async () => {
    const bench = await shop();
    await get(bench, ['applications'], { namespace: undefined, output: 'wide' });
    const rows = bench.rows();
    expect(rows.map(({ NAMESPACE, NAME }) => `${NAMESPACE}/${NAME}`)).to.deep.equal([
      'default/shop',
      'other/blog',
      'other/broken',
    ]);
    expect(rows[0]).to.include({ REASON: 'Starting', MESSAGE: 'web-1 waits' });
    expect(rows[2]).to.include({ CLOUD: '<none>', STATUS: '<none>' });
  });

  it('shows the cloud of a blueprint that has it in a list, before and after it is accepted', async () => {
    const text = 'locations: [c]\nservices: [{ type: "docker:redis:3" }]\n';
    const bench = await new Bench().put({ applications: { 'default/redis': text } });
    await get(bench, ['app'], DEFAULT);
    expect(bench.rows()[0]).to.include({ CLOUD: 'c' });
    await bench.put({
      'accepted/applications': {
        'default/redis': { generation: 1, uid: 1, spec: { location: 'd', services: [] } },
      },
    });
    await get(bench, ['app'], DEFAULT);
    expect(bench.rows()[0]).to.include({ CLOUD: 'd' });
  });

  it('counts the age of a record that is being deleted from its beginning', async () => {
    const deletion = new Bench();
    const condition = (type: string, lastTransitionTime: string) => ({
      ...{ ...ready('True', 1), type, lastTransitionTime },
    });
    const at = (ms: number) => new Date(deletion.clock.now() + ms).toISOString();
    await deletion.put({
      'accepted/virtualnetworks': {
        blue: {
          ...{ generation: 1, uid: 1, deleting: at(0) },
          spec: { pools: [], dnsServers: [], allowFrom: [], addIptablesRules: true, natOutgoing: true },
        },
      },
      'status/virtualnetworks': {
        blue: {
          ...{ phase: 'Deleting', used: 0, capacity: 0 },
          conditions: [condition('Accepted', at(0)), condition('Allocated', at(-600_000))],
        },
      },
    });
    await get(deletion, ['vnet'], DEFAULT);
    expect(deletion.rows()[0]).to.include({ NAME: 'blue', AGE: '10m' });
  });

  it('joins what is wanted, assigned and observed into containers', async () => {
    const bench = await shop();
    await get(bench, ['containers'], DEFAULT);
    expect(bench.rows()).to.deep.equal([
      {
        ...{
          NAME: 'shop/web-0',
          STATUS: 'Running',
          HOST: 'h-1',
          ADDRESS: '10.64.0.2',
          PORTS: '49153->8080/tcp, 9090/tcp',
        },
        ...{ RESTARTS: '0', AGE: '0s' },
      },
      {
        ...{ NAME: 'shop/web-1', STATUS: 'Pending', HOST: '<none>', ADDRESS: '<none>', PORTS: '9090/tcp' },
        ...{ RESTARTS: '0', AGE: '<none>' },
      },
    ]);
  });

  for (const [message, status] of [
    ['pulling web:1', 'Pulling'],
    ['web:1: no such image', 'Creating (failing)'],
    [undefined, 'Creating'],
  ] as const) {
    it(`says ${status} of a container that is not there yet`, () => {
      const creating = observed('a1', { state: 'creating', ...(message && { message }) });
      const named = { id: 'default/shop/web-0', namespace: 'default', name: 'shop/web-0' };
      const incarnation = { host: 'h-1', uid: 'a1', lost: false, assignment: assignment('a1'), observed: creating };
      expect(statusOf({ ...named, wanted: container(), incarnations: [incarnation] })).to.equal(status);
    });
  }

  for (const [title, more, status] of [
    ['of another spec than is wanted', { assignment: { ...assignment('a1'), spec: 'old' } }, 'Running (outdated)'],
    ['whose address is another incarnation’s', { endpoint: endpoint('a0') }, 'Running (no address)'],
    ['whose network is gone', { endpoint: undefined }, 'Running (no address)'],
    ['that is not healthy', { observed: observed('a1', { health: 'unhealthy' }) }, 'Running (unhealthy)'],
    ['that is up', {}, 'Running'],
  ] as const)
    it(`says ${status} of a container ${title}`, () => {
      const { endpoint: one, ...rest } = { endpoint: endpoint('a1'), ...more };
      const incarnation: Incarnation = {
        ...{ host: 'h-1', uid: 'a1', lost: false, assignment: assignment('a1'), observed: observed('a1') },
        ...rest,
        ...(one && { endpoint: one }),
      };
      const named = { id: 'default/shop/web-0', namespace: 'default', name: 'shop/web-0' };
      expect(statusOf({ ...named, wanted: container(), incarnations: [incarnation] })).to.equal(status);
    });

  it('says that the host of a container is lost', async () => {
    const bench = await shop();
    await get(bench, ['c', 'blog'], { namespace: 'other' });
    expect(bench.rows()[0]).to.include({ NAME: 'blog/web-0', STATUS: 'HostLost', HOST: 'h-2' });
  });

  it('counts what is on a host', async () => {
    const bench = await shop();
    await get(bench, ['hosts'], DEFAULT);
    expect(bench.rows()).to.deep.include.members([
      {
        ...{ NAME: 'h-1', CLOUD: 'c', STATUS: 'Ready', SCHEDULABLE: 'true', ADDRESS: '10.0.0.1', CONTAINERS: '1/16' },
        ...{ CPUS: '4', MEMORY: '3.8g', AGE: '0s' },
      },
    ]);
  });

  for (const [args, names] of [
    [['app/shop'], ['shop']],
    [['application', 'shop'], ['shop']],
    [['Application', 'shop'], ['shop']],
    [['c/shop/web-0'], ['shop/web-0']],
    [
      ['container', 'shop'],
      ['shop/web-0', 'shop/web-1'],
    ],
    [['host', 'h-2'], ['h-2']],
    [['host', 'c/h-2'], ['h-2']],
    [['cloud'], ['c']],
    [['network'], ['default.shop.default']],
  ] as const)
    it(`${args.join(' ')} finds ${names.join(', ')}`, async () => {
      const bench = await shop();
      expect(await get(bench, args, { ...DEFAULT, output: 'name' })).to.equal(0);
      expect(
        bench
          .take()
          .trimEnd()
          .split('\n')
          .map((line) => line.slice(line.indexOf('/') + 1)),
      ).to.deep.equal(names);
    });

  it('shows several kinds one below the other, each name with its kind', async () => {
    const bench = await shop();
    await get(bench, ['all'], DEFAULT);
    const text = bench.take();
    for (const name of [
      'dockercloud/c',
      'host/h-1',
      'application/shop',
      'container/shop/web-0',
      'network/default.shop.default',
    ])
      expect(text).to.match(new RegExp(`^${name} `, 'm'));
    expect(text.split('\n\n')).to.have.length(5);
  });

  it('shows the kind with the name alone, though another column says the same', async () => {
    const bench = await new Bench().put({
      dockerclouds: { shop: 'spec: { location: hollow }' },
      hosts: { 'shop/shop': host('shop') },
    });
    await get(bench, ['dc,host'], DEFAULT);
    expect(bench.take()).to.match(/^host\/shop +shop +Ready/m);
  });

  it('prints one object by itself and several in a list', async () => {
    const bench = await shop();
    await get(bench, ['app', 'shop'], { ...DEFAULT, output: 'json' });
    const one = JSON.parse(bench.take());
    expect(one).to.include({ apiVersion: 'berth/v1', kind: 'Application' });
    expect(one.metadata).to.deep.equal({
      name: 'shop',
      namespace: 'default',
      generation: one.metadata.uid,
      uid: one.metadata.uid,
    });
    expect(one.spec).to.deep.equal({ location: 'c', services: [{ type: 'docker:web:1' }] });
    expect(one.status.phase).to.equal('Deploying');
    await get(bench, ['app'], { ...DEFAULT, output: 'json' });
    expect(JSON.parse(bench.take()).items).to.deep.equal([one]);
  });

  it('prints YAML, and what a JSONPath finds', async () => {
    const bench = await shop();
    await get(bench, ['app/shop'], { ...DEFAULT, output: 'yaml' });
    expect(bench.take()).to.match(/^apiVersion: berth\/v1\nkind: Application\nmetadata:\n {2}name: shop\n/);
    await get(bench, ['c'], { ...DEFAULT, output: 'jsonpath={.items[*].incarnations[*].host}' });
    expect(bench.take()).to.equal('h-1\n');
  });

  it('says which names do not exist, what was probably meant, and shows the others', async () => {
    const bench = await shop();
    expect(await get(bench, ['app', 'shop', 'shpo'], DEFAULT)).to.equal(1);
    expect(bench.rows().map(({ NAME }) => NAME)).to.deep.equal(['shop']);
    expect(bench.noted[0]).to.equal(
      'error: applications "shpo" not found in namespace "default"; did you mean "shop"?',
    );
  });

  it('says that there is nothing, which is no error', async () => {
    const bench = new Bench();
    expect(await get(bench, ['app'], { namespace: 'empty' })).to.equal(0);
    expect(bench.noted).to.deep.equal(['No resources found in empty namespace.']);
    expect(bench.printed).to.equal('');
  });

  it('names the kinds that there are for one that there is not', async () => {
    const error = await failure(get(new Bench(), ['aplication'], DEFAULT));
    expect(isCode(error, 'BERTH_NOT_FOUND')).to.equal(true);
    expect(String(error))
      .to.include('applications (app)')
      .and.to.include('networks (net, nets)')
      .and.to.include('did you mean "application"?');
  });

  for (const args of [[], ['app/'], ['app,c', 'x'], ['all', 'x']])
    it(`refuses “${args.join(' ')}” as a usage error`, async () => {
      expect(isCode(await failure(get(new Bench(), args, DEFAULT)), 'BERTH_USAGE')).to.equal(true);
    });

  it('never shows a secret’s or a credential’s record', async () => {
    for (const kind of ['secrets', 'credentials'])
      expect(isCode(await failure(get(new Bench(), [kind], DEFAULT)), 'BERTH_NOT_FOUND')).to.equal(true);
  });

  it('goes on with what changes and what goes', async () => {
    const bench = await shop();
    const end = new AbortController();
    const done = get(bench, ['c', 'shop/web-1'], { ...DEFAULT, watch: end.signal });
    await bench.clock.until(() => bench.printed.includes('Pending'), 1000);
    await bench.put({ assignments: { 'h-1/default/shop/web-1': assignment('a2') } });
    await bench.clock.until(() => bench.printed.includes('Assigned'), 1000);
    await bench.delete('containers', 'default/shop/web-1');
    await bench.clock.until(() => bench.printed.includes('Removing'), 1000);
    await bench.delete('assignments', 'h-1/default/shop/web-1');
    await bench.clock.advance(10);
    end.abort();
    expect(await done).to.equal(0);
    expect(bench.rows().map(({ STATUS }) => STATUS)).to.deep.equal(['Pending', 'Assigned', 'Removing', 'Removing']);
  });
});

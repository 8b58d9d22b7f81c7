import { expect } from 'chai';
import { parseGoal, wait } from '../../../cli/client/wait.ts';
import { isCode } from '../../../lib/errors/index.ts';
import { applicationStatus, assignment, Bench, host, ready } from './support.ts';

const SHOP = 'location: c\nservices: [{ type: "docker:web:1" }]\n';

async function shop(status: 'True' | 'False', message = ''): Promise<Bench> {
  const bench = await new Bench().put({ applications: { 'default/shop': SHOP } });
  const generation = await bench.generation('applications', 'default/shop');
  return bench.put({ 'status/applications': { 'default/shop': applicationStatus(generation, status, message) } });
}

/** Starts to wait; `code()` is what it ended with. */
function begin(
  bench: Bench,
  args: readonly string[],
  goal: string,
  more: { timeout?: number; all?: boolean; namespace?: undefined } = {},
) {
  let code: number | undefined;
  const ended = wait(bench, args, { namespace: 'default', goal: parseGoal(goal), timeout: 60_000, ...more }).then(
    (given) => {
      code = given;
      return given;
    },
  );
  return { code: () => code, ended };
}

describe('berth wait', () => {
  it('ends at once where it is as asked for', async () => {
    const bench = await shop('True');
    expect(await begin(bench, ['app/shop'], 'condition=Ready').ended).to.equal(0);
    expect(bench.printed).to.equal('application/shop condition met\n');
  });

  it('watches until it is', async () => {
    const bench = await shop('False');
    const { code, ended } = begin(bench, ['app', 'shop'], 'condition=ready=true');
    await bench.clock.advance(1000);
    expect(code()).to.equal(undefined);
    const generation = await bench.generation('applications', 'default/shop');
    await bench.put({ 'status/applications': { 'default/shop': applicationStatus(generation, 'True') } });
    expect(await ended).to.equal(0);
  });

  it('does not take the word of an older record for the one that stands', async () => {
    const bench = await shop('True');
    await bench.put({ applications: { 'default/shop': `${SHOP}# changed\n` } });
    const { code } = begin(bench, ['app/shop'], 'condition=Ready');
    await bench.clock.advance(61_000);
    expect(code()).to.equal(1);
    expect(bench.noted[0]).to.include('nobody has looked at the record as it is now');
  });

  it('says what is missing when the time is up', async () => {
    const bench = await shop('False', '1 of 2 containers are up');
    const { code } = begin(bench, ['app/shop'], 'condition=Ready', { timeout: 5000 });
    await bench.clock.advance(4999);
    expect(code()).to.equal(undefined);
    await bench.clock.advance(2);
    expect(code()).to.equal(1);
    expect(bench.noted[0]).to.equal(
      'error: timed out waiting for the condition on application/shop: Ready is False (Starting): 1 of 2 containers are up',
    );
  });

  it('names the refusal of a record that is not accepted', async () => {
    const bench = await shop('True');
    await bench.put({ applications: { 'default/shop': 'services: 1' } });
    const generation = await bench.generation('applications', 'default/shop');
    const status = applicationStatus(1, 'True');
    const refusal = { ...ready('False', generation, 'services: a list'), type: 'Accepted', reason: 'Invalid' };
    await bench.put({
      'status/applications': { 'default/shop': { ...status, conditions: [...status.conditions, refusal] } },
    });
    await begin(bench, ['app/shop'], 'condition=Ready', { timeout: 0 }).ended;
    expect(bench.noted[0]).to.include('Accepted is False (Invalid): services: a list');
  });

  it('looks once with --timeout=0', async () => {
    const bench = await shop('False');
    expect(await begin(bench, ['app/shop'], 'condition=Ready', { timeout: 0 }).ended).to.equal(1);
    expect(await begin(bench, ['app/shop'], 'condition=Ready=False', { timeout: 0 }).ended).to.equal(0);
  });

  it('waits for several', async () => {
    const bench = await shop('True');
    await bench.put({ dockerclouds: { c: 'spec: { location: hollow }' } });
    const { code, ended } = begin(bench, ['app/shop', 'dc/c'], 'condition=Ready');
    await bench.clock.advance(10);
    expect(code()).to.equal(undefined);
    const generation = await bench.generation('dockerclouds', 'c');
    const conditions = [ready('True', generation)];
    await bench.put({
      'status/dockerclouds': { c: { phase: 'Ready', conditions, hosts: { wanted: 1, total: 1, ready: 1 } } },
    });
    expect(await ended).to.equal(0);
    expect(bench.printed)
      .to.include('application/shop condition met\n')
      .and.to.include('dockercloud/c condition met\n');
  });

  it('waits until something is gone, or there', async () => {
    const bench = await shop('True');
    const gone = begin(bench, ['app/shop'], 'delete');
    await bench.delete('applications', 'default/shop');
    await bench.clock.advance(10);
    expect(gone.code()).to.equal(undefined);
    await bench.delete('status/applications', 'default/shop');
    expect(await gone.ended).to.equal(0);
    expect(await begin(bench, ['app/shop'], 'delete').ended).to.equal(0);

    const there = begin(bench, ['host/h-1'], 'create');
    await bench.clock.advance(10);
    await bench.put({ hosts: { 'c/h-1': host('c') } });
    expect(await there.ended).to.equal(0);
  });

  it('waits for each of those of one name, in several namespaces or on several hosts', async () => {
    const bench = await shop('True');
    await bench.put({ applications: { 'other/shop': SHOP } });
    const generation = await bench.generation('applications', 'other/shop');
    const put = (status: 'True' | 'False') =>
      bench.put({ 'status/applications': { 'other/shop': applicationStatus(generation, status) } });
    await put('False');
    const { code, ended } = begin(bench, ['app'], 'condition=Ready', { all: true, namespace: undefined });
    await bench.clock.until(() => bench.printed !== '', 1000);
    expect([bench.take(), code()]).to.deep.equal(['application/default/shop condition met\n', undefined]);
    await put('True');
    expect(await ended).to.equal(0);
    expect(bench.printed).to.equal('application/other/shop condition met\n');

    const moving = { 'h-1/default/shop/web-0': assignment('a'), 'h-2/default/shop/web-0': assignment('b') };
    await bench.put({ assignments: moving });
    const gone = begin(bench, ['assignment/shop/web-0'], 'delete');
    await bench.delete('assignments', 'h-1/default/shop/web-0');
    await bench.clock.advance(10);
    expect(gone.code()).to.equal(undefined);
    await bench.delete('assignments', 'h-2/default/shop/web-0');
    expect(await gone.ended).to.equal(0);
  });

  it('does not take one thing for another whose name begins alike', async () => {
    const bench = await shop('True');
    await bench.put({ applications: { 'default/shop-api': SHOP } });
    const { code, ended } = begin(bench, ['app', 'shop-api', 'shop-ap'], 'create');
    await bench.clock.advance(10);
    expect([code(), bench.printed]).to.deep.equal([undefined, 'application/shop-api condition met\n']);
    await bench.put({ applications: { 'default/shop-ap': SHOP } });
    expect(await ended).to.equal(0);
    expect(await begin(bench, ['app', 'shop-api', 'shop-a'], 'create', { timeout: 0 }).ended).to.equal(1);
    expect(bench.noted[0]).to.include('application/shop-a: it does not exist');
  });

  for (const [goal, met] of [
    ['jsonpath={.status.phase}', true],
    ['jsonpath={.status.phase}=Running', true],
    ["jsonpath='{.status.containers.running}'=2", true],
    ['jsonpath={.status.conditions[?(@.type=="Ready")].status}=True', true],
    ['jsonpath=.status.phase=Running', true],
    ['jsonpath={.status.phase}=Failed', false],
    ['jsonpath={.status.nothing}', false],
  ] as const)
    it(`${goal} is ${met ? '' : 'not '}met`, async () => {
      const bench = await shop('True');
      expect(await begin(bench, ['app/shop'], goal, { timeout: 0 }).ended).to.equal(met ? 0 : 1);
    });

  it('says at once that something does not exist', async () => {
    const bench = new Bench();
    expect(await begin(bench, ['app/shop'], 'condition=Ready').ended).to.equal(1);
    expect(bench.noted[0]).to.include('applications "shop" not found');
    expect(await begin(bench, ['app'], 'condition=Ready', { all: true }).ended).to.equal(1);
  });

  for (const goal of ['', 'Ready', 'condition=', 'jsonpath={.a[}', 'jsonpath='])
    it(`refuses --for=${goal} as a usage error`, () => {
      let error: unknown;
      try {
        parseGoal(goal);
      } catch (thrown) {
        error = thrown;
      }
      expect(isCode(error, 'BERTH_USAGE')).to.equal(true);
    });
});

import { expect } from 'chai';
import { reasonOf } from '../../../lib/errors/index.ts';
import { Installation } from '../../harness/berth.ts';
import { until } from '../../harness/until.ts';
import { type BadRecord, badRecords } from '../../lib/schema/bad-records.ts';

const CLOUD = 'spec: { location: sandbox, hosts: { min: 1, max: 1 } }\napiVersion: berth/v1\nkind: DockerCloud\n';
const SHOP = 'location: c\nservices:\n  - { id: redis, type: docker:redis:3, stopGrace: 1s }\n';

/** A key of a kind that nobody answers for is none of these. */
const ANSWERED = ['applications', 'dockerclouds', 'virtualnetworks', 'namespaces'] as const;

describe('bad records beside what runs', function () {
  this.timeout(180_000);
  let berth: Installation;
  let running: string[];

  before(async () => {
    berth = await Installation.start();
    await berth.put('dockerclouds/c', CLOUD);
    await berth.put('applications/default/shop', SHOP);
    await berth.ready('applications', 'default/shop');
    running = await berth.whatRuns();
  });

  after(() => berth?.close());

  it(`are each answered under their own key, with field, place and what was expected: ${badRecords.length} of them`, async () => {
    for (const { kind, id, value } of badRecords) await berth.put(`${kind}/${id}`, value);
    await until('an answer to each', async () => (await unanswered()).length === 0, { explain: unanswered });
  });

  it('change nothing that runs, neither there nor when what runs itself becomes one', async () => {
    await berth.put('applications/default/shop', `${SHOP}  - { id: web, type: docker:Bad:1 }\n`);
    await berth.put('dockerclouds/c', CLOUD.replace('sandbox', 'sandbux'));
    await until('both answers', async () => (await refusals()).every((refused) => refused === 'False Invalid'));
    expect(await berth.whatRuns()).to.deep.equal(running);
    expect(await berth.condition('applications', 'default/shop', 'Ready')).to.equal('True Ready');
  });

  it('change nothing either when all controllers are restarted with them still there', async () => {
    await berth.stopReplicas();
    await berth.startReplica();
    // A record that is answered after the restart shows that the controllers have seen the others.
    await berth.put('applications/default/probe', 'services: [');
    await until('an answer', async () => await berth.condition('applications', 'default/probe', 'Accepted'));
    expect(await unanswered()).to.deep.equal([]);
    await berth.rest();
    expect(await berth.whatRuns()).to.deep.equal(running);
  });

  it('are forgotten with their keys', async () => {
    await Promise.all(badRecords.map(({ kind, id }) => berth.delete(`${kind}/${id}`)));
    await berth.delete('applications/default/probe');
    const left = async () =>
      (await Promise.all(ANSWERED.map((kind) => berth.list(`status/${kind}`)))).flat().map(({ id }) => id);
    await until('their answers to go', async () => (await left()).length === 2, { explain: left });
    expect(await berth.whatRuns()).to.deep.equal(running);
  });

  it('an application of a cloud that is not there yet is told so, and runs as soon as it is', async () => {
    await berth.put('applications/default/early', SHOP.replace('location: c', 'location: later'));
    const ready = () => berth.condition('applications', 'default/early', 'Ready');
    await until('NotFound', async () => (await ready()) === 'False NotFound');
    await berth.put('dockerclouds/later', CLOUD);
    await berth.ready('applications', 'default/early');
    expect(await berth.witness.sample()).to.deep.equal([]);
  });

  const refusals = () =>
    Promise.all([
      berth.condition('applications', 'default/shop', 'Accepted'),
      berth.condition('dockerclouds', 'c', 'Accepted'),
    ]);

  async function unanswered(): Promise<string[]> {
    const missing = await Promise.all(badRecords.map(missingIn));
    return missing.flatMap((what, i) => (what === undefined ? [] : `${badRecords[i]!.what}: ${what}`));
  }

  /** What the answer to a record lacks. */
  async function missingIn({ kind, id, code, at, field, expected }: BadRecord): Promise<string | undefined> {
    const [record, status] = await Promise.all([berth.get(kind, id), berth.get(`status/${kind}`, id)]);
    if (!status) return 'no answer';
    const { observedGeneration, conditions } = status.value;
    if (observedGeneration !== record?.modRevision) return 'an answer to something else';
    const accepted = conditions.find(({ type }) => type === 'Accepted');
    if (accepted?.status !== 'False' || accepted.reason !== reasonOf(code))
      return `${accepted?.status} ${accepted?.reason} instead of ${reasonOf(code)}: ${accepted?.message}`;
    const place = `${kind}/${id}${at === undefined ? '' : `:${at}`}${field === undefined ? '' : ` ${field}`}`;
    const lacking = [place, expected].filter((part) => !accepted.message.includes(part));
    return lacking.length === 0 ? undefined : `${lacking.join(', ')} not in: ${accepted.message}`;
  }
});

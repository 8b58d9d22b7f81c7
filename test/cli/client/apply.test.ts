import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type ApplyOptions, apply } from '../../../cli/client/apply.ts';
import { deleteRecords, inManifests, named } from '../../../cli/client/delete.ts';
import { loadManifests, type Manifest } from '../../../cli/client/manifests.ts';
import { isCode } from '../../../lib/errors/index.ts';
import { applicationStatus, Bench } from './support.ts';

const DEFAULT: ApplyOptions = { namespace: { name: 'default', demanded: false } };
const manifest = (text: string, file = 'shop.yaml'): Manifest => ({ file, bytes: Buffer.from(text) });

const notAsked = (): Promise<Buffer> => Promise.reject(new Error('stdin is not asked for'));
const CLOUD = 'apiVersion: berth/v1\nkind: DockerCloud\nmetadata: { name: c }\nspec: { location: hollow } # a cloud\n';
const SHOP = '# my shop\nid: shop\nlocation: c\nservices:\n  - { type: "docker:web:1" } # one\n';

describe('berth apply', () => {
  it('puts a record as it is written, comments and all, and says what it did', async () => {
    const bench = new Bench();
    expect(await apply(bench, [manifest(SHOP)], DEFAULT)).to.equal(0);
    expect(await bench.text('applications', 'default/shop')).to.equal(SHOP);
    await apply(bench, [manifest(SHOP)], DEFAULT);
    await apply(bench, [manifest(SHOP.replace('web:1', 'web:2'))], DEFAULT);
    expect(bench.take()).to.equal(
      'application/shop created\napplication/shop unchanged\napplication/shop configured\n',
    );
  });

  it('leaves a record alone that stands there already', async () => {
    const bench = new Bench();
    await apply(bench, [manifest(SHOP)], DEFAULT);
    const before = await bench.generation('applications', 'default/shop');
    await apply(bench, [manifest(SHOP)], DEFAULT);
    expect(await bench.generation('applications', 'default/shop')).to.equal(before);
  });

  it('takes several documents and several files', async () => {
    const bench = new Bench();
    await apply(
      bench,
      [manifest(`${CLOUD}---\n${SHOP}`), manifest(SHOP.replace('id: shop', 'id: blog'), 'blog.yaml')],
      DEFAULT,
    );
    expect(bench.take()).to.equal('dockercloud/c created\napplication/shop created\napplication/blog created\n');
  });

  it('calls a bare blueprint as it is told', async () => {
    const bench = new Bench();
    const nameless = manifest(SHOP.replace('id: shop\n', ''));
    expect(await apply(bench, [nameless], DEFAULT)).to.equal(1);
    expect(await apply(bench, [nameless], { namespace: { name: 'team', demanded: true }, name: 'shop' })).to.equal(0);
    expect(await bench.text('applications', 'team/shop')).to.be.a('string');
  });

  it('writes nothing with --dry-run', async () => {
    const bench = new Bench();
    await apply(bench, [manifest(SHOP)], { ...DEFAULT, dryRun: true });
    expect(bench.take()).to.equal('application/shop created (dry run)\n');
    expect(await bench.text('applications', 'default/shop')).to.equal(undefined);
  });

  it('names file, line, column and field of all that is wrong, and writes nothing of any file', async () => {
    const bench = new Bench();
    const wrong = manifest(`${CLOUD}---\n${SHOP.replace('location: c', 'locaton: c\nopenPorts: 99999999')}`);
    expect(await apply(bench, [manifest(SHOP, 'right.yaml'), wrong], DEFAULT)).to.equal(1);
    const errors = bench.noted.filter((line) => line.startsWith('error: '));
    expect(errors[0]).to.match(
      /^error: shop\.yaml:8:1 applications\/default\/shop locaton: .*did you mean "location"\?$/,
    );
    expect(errors.length).to.be.above(1);
    expect(bench.noted.at(-1)).to.equal('Nothing was written.');
    expect(await bench.text('applications', 'default/shop')).to.equal(undefined);
    expect(await bench.text('dockerclouds', 'c')).to.equal(undefined);
  });

  for (const dryRun of [{}, { dryRun: true }])
    it(`refuses a record that is given twice, and names both places${dryRun.dryRun ? ' with --dry-run, too' : ''}`, async () => {
      const bench = new Bench();
      const twice = [manifest(`${CLOUD}---\n${SHOP}`, 'a.yaml'), manifest(SHOP, 'b.yaml')];
      expect(await apply(bench, twice, { ...DEFAULT, ...dryRun })).to.equal(1);
      expect([bench.noted[0], bench.printed]).to.deep.equal([
        'error: b.yaml:1 applications/default/shop: the record is given twice; a.yaml:5 gives applications/default/shop, too: take one of them out, or give it another name',
        '',
      ]);
      expect(await bench.text('dockerclouds', 'c')).to.equal(undefined);
    });

  it('takes the examples as a folder', async () => {
    const folder = fileURLToPath(new URL('../../../examples', import.meta.url));
    const bench = new Bench();
    expect(await apply(bench, await loadManifests([folder], notAsked), { ...DEFAULT, dryRun: true })).to.equal(0);
    expect(bench.printed).not.to.include('configured');
  });

  it('names the place of what is no YAML', async () => {
    const bench = new Bench();
    expect(await apply(bench, [manifest(`${CLOUD}---\nid: [`)], DEFAULT)).to.equal(1);
    expect(bench.noted[0]).to.match(/^error: shop\.yaml:6:\d+: /);
  });

  it('refuses a record of another namespace than the one demanded', async () => {
    const bench = new Bench();
    const text =
      'apiVersion: berth/v1\nkind: Application\nmetadata: { name: shop, namespace: a }\nspec: { location: c, services: [{ type: "docker:web:1" }] }\n';
    expect(await apply(bench, [manifest(text)], { namespace: { name: 'b', demanded: true } })).to.equal(1);
    expect(bench.noted[0]).to.include('found a; expected b');
    expect(await apply(bench, [manifest(text)], { namespace: { name: 'b', demanded: false } })).to.equal(0);
  });

  it('says when the one that was there before is not gone, and when nobody acts', async () => {
    const bench = await new Bench().put({
      'accepted/applications': {
        'default/shop': {
          generation: 1,
          uid: 1,
          deleting: '2026-01-01T00:00:00Z',
          spec: { location: 'c', services: [] },
        },
      },
    });
    await apply(bench, [manifest(SHOP)], DEFAULT);
    expect(bench.noted[0]).to.include('not gone yet');
    expect(bench.noted[1]).to.include('No controllers are running');
  });
});

describe('manifests', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'berth-manifests-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('are files, the manifests of a directory in order, and stdin', async () => {
    for (const name of ['b.yaml', 'a.json', 'c.yml', 'readme.md']) await writeFile(join(directory, name), name);
    const found = await loadManifests([directory, join(directory, 'readme.md'), '-'], async () => Buffer.from('in'));
    expect(found.map(({ bytes }) => bytes.toString())).to.deep.equal(['a.json', 'b.yaml', 'c.yml', 'readme.md', 'in']);
    expect(found.at(-1)?.file).to.equal('stdin');
  });

  it('that cannot be read are usage errors', async () => {
    for (const path of [directory, join(directory, 'none.yaml')]) {
      const error = await loadManifests([path], async () => Buffer.alloc(0)).catch((thrown: unknown) => thrown);
      expect(isCode(error, 'BERTH_USAGE')).to.equal(true);
    }
  });
});

describe('berth delete', () => {
  const names = [{ kind: 'applications' as const, id: 'default/shop' }];
  const forever = () => new AbortController().signal;

  it('deletes the key and waits until nothing is left, telling what is', async () => {
    const bench = await new Bench().put({ applications: { 'default/shop': SHOP } });
    const uid = await bench.generation('applications', 'default/shop');
    await bench.put({
      'status/applications': { 'default/shop': applicationStatus(uid, 'True') },
      'accepted/applications': { 'default/shop': { generation: uid, uid, spec: { location: 'c', services: [] } } },
    });
    let code: number | undefined;
    const done = deleteRecords(bench, names, { wait: forever() }).then((given) => {
      code = given;
    });
    await bench.clock.until(() => bench.noted.length > 0, 1000);
    expect(bench.take()).to.equal('application "shop" deleted\n');
    expect(await bench.text('applications', 'default/shop')).to.equal(undefined);
    const leaving = { ...applicationStatus(uid, 'False', 'left: 2 containers'), phase: 'Deleting' };
    await bench.put({ 'status/applications': { 'default/shop': leaving } });
    await bench.clock.until(() => bench.noted.some((line) => line.includes('left: 2 containers')), 1000);
    await bench.delete('accepted/applications', 'default/shop');
    await bench.clock.advance(10);
    expect(code).to.equal(undefined);
    await bench.delete('status/applications', 'default/shop');
    await done;
    expect(code).to.equal(0);
  });

  it('is done when another record of the name has begun', async () => {
    const bench = await new Bench().put({ applications: { 'default/shop': SHOP } });
    const uid = await bench.generation('applications', 'default/shop');
    await bench.put({
      'accepted/applications': { 'default/shop': { generation: uid, uid, spec: { location: 'c', services: [] } } },
    });
    const done = deleteRecords(bench, names, { wait: forever() });
    await bench.clock.until(() => bench.noted.length > 0, 1000);
    await bench.put({ applications: { 'default/shop': SHOP } });
    const next = await bench.generation('applications', 'default/shop');
    await bench.put({
      'accepted/applications': {
        'default/shop': { generation: next, uid: next, spec: { location: 'c', services: [] } },
      },
    });
    expect(await done).to.equal(0);
  });

  it('does not wait when told so, and gives up when the time is up', async () => {
    const bench = await new Bench().put({
      applications: { 'default/shop': SHOP },
      'status/applications': { 'default/shop': applicationStatus(1, 'True') },
    });
    expect(await deleteRecords(bench, names, {})).to.equal(0);
    const late = new AbortController();
    const done = deleteRecords(bench, names, { wait: late.signal });
    await bench.clock.until(() => bench.noted.length > 0, 1000);
    late.abort();
    expect(await done).to.equal(1);
    expect(bench.printed).to.include('is being deleted already');
    expect(bench.noted.at(-1)).to.match(/^error: timed out waiting for application\/shop/);
  });

  it('says what is not there, unless that is fine', async () => {
    const bench = new Bench();
    expect(await deleteRecords(bench, names, {})).to.equal(1);
    expect(bench.noted[0]).to.include('applications "shop" not found in namespace "default"');
    expect(await deleteRecords(bench, names, { ignoreNotFound: true })).to.equal(0);
  });

  it('finds what manifests name, the last first, and what is named', async () => {
    const bench = await new Bench().put({ applications: { 'default/a': SHOP, 'default/b': SHOP } });
    expect(inManifests([manifest(`${CLOUD}---\n${SHOP}`)], DEFAULT)).to.deep.equal([
      { kind: 'applications', id: 'default/shop' },
      { kind: 'dockerclouds', id: 'c' },
    ]);
    const all = await named(bench, ['app'], { namespace: 'default', all: true });
    expect(all.map(({ id }) => id)).to.deep.equal(['default/a', 'default/b']);
    expect(await named(bench, ['app/x', 'dc/y'], { namespace: 'n' })).to.deep.equal([
      { kind: 'applications', id: 'n/x' },
      { kind: 'dockerclouds', id: 'y' },
    ]);
  });

  for (const args of [['hosts', 'h-1'], ['app'], []])
    it(`refuses “${args.join(' ')}” as a usage error`, async () => {
      const error = await named(new Bench(), args, { namespace: 'default' }).catch((thrown: unknown) => thrown);
      expect(isCode(error, 'BERTH_USAGE')).to.equal(true);
    });
});

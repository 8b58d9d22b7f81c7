import { expect } from 'chai';
import { cell } from '../../../lib/schema/columns.ts';
import { crd, parseRecord, readManifest } from '../../../lib/schema/index.ts';

const read = (text: string) => readManifest(Buffer.from(text), { file: 'shop.yaml', namespace: 'default' });

const cloud = 'apiVersion: berth/v1\nkind: DockerCloud\nmetadata: { name: c }\nspec: { location: sandbox }\n';
const blueprint = 'id: shop\nlocation: c # ünïcödé\nservices:\n- type: docker:a\n';

describe('a manifest', () => {
  it('is taken apart into what is put under each key, byte for byte', () => {
    const result = read(`${cloud}---\n${blueprint}--- # nothing\n---\n${cloud.replace('c }', 'd }')}`);
    if (!result.ok) return expect.fail(result.errors.join());
    expect(result.records.map(({ kind, id }) => `${kind}/${id}`)).to.deep.equal([
      'dockerclouds/c',
      'applications/default/shop',
      'dockerclouds/d',
    ]);
    expect(result.records.map(({ linesBefore }) => linesBefore)).to.deep.equal([0, 4, 10]);
    expect(result.records[1]!.value.toString()).to.include('ünïcödé');
    for (const record of result.records) expect(parseRecord(record)).to.have.property('ok', true);
  });

  for (const [what, text, code, place, words] of [
    [
      'an unknown kind',
      cloud.replace('DockerCloud', 'DokerCloud'),
      'BERTH_INVALID',
      'shop.yaml:1',
      'did you mean "DockerCloud"?',
    ],
    ['no name', cloud.replace('name: c', ''), 'BERTH_BAD_KEY', 'shop.yaml:1', 'metadata.name'],
    ['a blueprint without an id', blueprint.replace('id: shop', 'name: shop'), 'BERTH_BAD_KEY', 'shop.yaml:1', 'an id'],
    ['a mistake in the second document', `${cloud}---\na: [`, 'BERTH_SYNTAX', 'shop.yaml:6:5', ']'],
    ['a text', 'hello', 'BERTH_INVALID', 'shop.yaml:1', 'a map'],
  ] as const)
    it(`with ${what} is refused`, () => {
      const result = read(text);
      if (result.ok) return expect.fail('accepted');
      expect(result.errors[0]).to.have.property('code', code);
      expect(result.errors[0]!.details.place).to.equal(place);
      expect(result.errors[0]!.message).to.include(words);
    });
});

describe('the columns of a table', () => {
  const record = {
    metadata: { name: 'c' },
    spec: {},
    status: {
      phase: 'Ready',
      hosts: { ready: 0, wanted: 3 },
      conditions: [
        { type: 'Ready', status: 'False' },
        { type: 'Accepted', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ],
    },
  };

  it('show a record', () =>
    expect(
      crd('dockerclouds').printerColumns.map((column) => [
        column.name,
        cell(column, record, (time) => `since ${time}`),
      ]),
    ).to.deep.equal([
      ['NAME', 'c'],
      ['READY', 'False'],
      ['STATUS', 'Ready'],
      ['HOSTS', '0'],
      ['WANTED', '3'],
      ['AGE', 'since 2026-01-01T00:00:00Z'],
      ['REASON', undefined],
      ['MESSAGE', undefined],
    ]));

  it('are empty for a record without a status', () =>
    expect(cell(crd('applications').printerColumns[2]!, {}, (time) => time)).to.equal(undefined));
});

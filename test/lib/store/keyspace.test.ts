import { expect } from 'chai';
import fc from 'fast-check';
import { BerthError } from '../../../lib/errors/index.ts';
import { allKinds, isName, type Kind, keyspace, kinds } from '../../../lib/store/index.ts';

const keys = keyspace();

describe('the keyspace', () => {
  const located: [string, Kind, string][] = [
    ['/berth/v1/dockerclouds/my-cloud', 'dockerclouds', 'my-cloud'],
    ['/berth/v1/accepted/dockerclouds/my-cloud', 'accepted/dockerclouds', 'my-cloud'],
    ['/berth/v1/status/applications/default/a/b', 'status/applications', 'default/a/b'],
    ['/berth/v1/assignments/h-1/default/shop/web-0', 'assignments', 'h-1/default/shop/web-0'],
    ['/berth/v1/leaders/container/3', 'leaders', 'container/3'],
    ['/berth/v1/installation', 'installation', ''],
    ['/calico/v1/ipam/v2/assign/ipv4/block/10.0.0.0-24', 'calico', 'v1/ipam/v2/assign/ipv4/block/10.0.0.0-24'],
  ];
  for (const [key, kind, id] of located) {
    it(`finds ${key} in ${kind}`, () => {
      expect(keys.parse(key)).to.deep.equal({ kind, id });
      expect(keys.key(kind, id)).to.equal(key);
    });
  }

  const strays: [string, string | undefined, string][] = [
    ['/berth/v1/hosts/my-cloud/a/b', 'hosts', '3 segments instead of 2'],
    ['/berth/v1/hosts/my-cloud', 'hosts', '1 segments instead of 2'],
    ['/berth/v1/applications/default/', 'applications', 'an empty segment'],
    ['/berth/v1/applications//shop', 'applications', 'an empty segment'],
    ['/berth/v1/applications', 'applications', 'an empty segment'],
    ['/berth/v1/installation/x', 'installation', 'nothing lies below this key'],
    ['/berth/v1/accepted/x', undefined, 'no kind of record lies here'],
    ['/berth/v1/applicationsx/default/shop', undefined, 'no kind of record lies here'],
    ['/berth/v1/calico/x', undefined, 'no kind of record lies here'],
    ['/berth/v2/hosts/a/b', undefined, 'no kind of record lies here'],
    ['/registry/pods/a', undefined, 'no kind of record lies here'],
  ];
  for (const [key, kind, problem] of strays) {
    it(`takes ${key} for no record`, () => {
      expect(keys.parse(key)).to.equal(undefined);
      expect(keys.problem(key)).to.include({ problem });
      expect(keys.problem(key).kind).to.equal(kind);
    });
  }

  const refused: [Kind, string][] = [
    ['hosts', 'my-cloud'],
    ['hosts', 'My-Cloud/h-1'],
    ['hosts', 'my-cloud/h_1'],
    ['hosts', 'my-cloud/'],
    ['containers', `${'a'.repeat(64)}/shop/web-0`],
    ['installation', 'x'],
    ['leaders', ''],
  ];
  for (const [kind, id] of refused) {
    it(`makes no key of ${kind} ${id}`, () => {
      expect(() => keys.key(kind, id))
        .to.throw(BerthError)
        .with.property('code', 'BERTH_BAD_KEY');
    });
  }

  for (const [kind, id] of [
    ['applications', 'default/Bad_Name'],
    ['applications', 'default/a/b'],
    ['applications', 'default'],
    ['dockerclouds', 'a/b'],
    ['namespaces', 'a/b/c'],
    ['virtualnetworks', 'a/b'],
  ] as const) {
    it(`keeps the badly named ${kind}/${id} of a user, so that its owner can answer`, () => {
      expect(keys.parse(`/berth/v1/${kind}/${id}`)).to.deep.equal({ kind, id });
      expect(keys.key(`status/${kind}`, id)).to.equal(`/berth/v1/status/${kind}/${id}`);
    });
  }

  it('gives ranges that hold a collection, a part of it, or the only key of a kind', () => {
    expect(keys.range('hosts')).to.deep.equal({ key: '/berth/v1/hosts/', end: '/berth/v1/hosts0' });
    expect(keys.range('hosts', 'a')).to.deep.equal({ key: '/berth/v1/hosts/a/', end: '/berth/v1/hosts/a0' });
    expect(keys.range('installation')).to.deep.equal({
      key: '/berth/v1/installation',
      end: '/berth/v1/installation\0',
    });
  });

  it('knows which top-level prefix holds a kind', () => {
    expect(keys.prefixes).to.deep.equal(['/berth/v1/', '/calico/', '/skydns/']);
    const absolute = new Set<string>(['calico', 'skydns']);
    for (const kind of allKinds) expect(keys.prefixOf(kind)).to.equal(absolute.has(kind) ? `/${kind}/` : '/berth/v1/');
  });

  for (const prefix of ['', 'berth', '/berth/', '/', '//x', '/calico', '/calico/berth']) {
    it(`refuses ${JSON.stringify(prefix)} as a prefix`, () => {
      expect(() => keyspace(prefix))
        .to.throw(BerthError)
        .with.property('code', 'BERTH_USAGE');
    });
  }

  it('is its own inverse for every kind, under any prefix', () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
    fc.assert(
      fc.property(
        fc.constantFrom(...allKinds),
        fc.array(label, { minLength: 4, maxLength: 4 }),
        fc.array(label, { minLength: 1, maxLength: 3 }),
        (kind, words, path) => {
          const space = keyspace(`/x${path.join('/')}`);
          const id = words.slice(0, kinds[kind].segments.length).join('/');
          expect(space.parse(space.key(kind, id))).to.deep.equal({ kind, id });
        },
      ),
    );
  });

  it('takes DNS-1123 labels for names', () => {
    for (const good of ['a', '0', 'web-0', 'a'.repeat(63)]) expect(isName(good), good).to.equal(true);
    for (const bad of ['', '-a', 'a-', 'A', 'a.b', 'a_b', 'ä', 'a'.repeat(64), 'a\n'])
      expect(isName(bad), bad).to.equal(false);
  });
});

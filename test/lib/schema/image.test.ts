import { expect } from 'chai';
import { imageName, parseImage } from '../../../lib/schema/index.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('an image reference', () => {
  for (const [written, registry, repository, tag, familiar, name] of [
    ['redis', 'docker.io', 'library/redis', 'latest', 'redis:latest', 'redis'],
    ['redis:3', 'docker.io', 'library/redis', '3', 'redis:3', 'redis'],
    ['grkvlt/myapp:latest', 'docker.io', 'grkvlt/myapp', 'latest', 'grkvlt/myapp:latest', 'myapp'],
    ['docker.io/library/redis:3', 'docker.io', 'library/redis', '3', 'redis:3', 'redis'],
    ['index.docker.io/a/b', 'docker.io', 'a/b', 'latest', 'a/b:latest', 'b'],
    ['host:5000/a/b:tag', 'host:5000', 'a/b', 'tag', 'host:5000/a/b:tag', 'b'],
    ['localhost/a', 'localhost', 'a', 'latest', 'localhost/a:latest', 'a'],
    ['[::1]:5000/a', '[::1]:5000', 'a', 'latest', '[::1]:5000/a:latest', 'a'],
    [
      'registry.example.com/team/my_app.x:1.0',
      'registry.example.com',
      'team/my_app.x',
      '1.0',
      'registry.example.com/team/my_app.x:1.0',
      'my-app-x',
    ],
    ['Host/a', 'Host', 'a', 'latest', 'Host/a:latest', 'a'],
  ] as const)
    it(written, () => {
      const image = parseImage(written);
      expect(image).to.deep.equal({ registry, repository, tag, familiar });
      expect(imageName(image!)).to.equal(name);
    });

  it('may have a digest, and then needs no tag', () => {
    expect(parseImage(`redis@${digest}`)).to.deep.equal({
      registry: 'docker.io',
      repository: 'library/redis',
      digest,
      familiar: `redis@${digest}`,
    });
    expect(parseImage(`h:5000/a/b:t@${digest}`)).to.include({ tag: 't', digest, familiar: `h:5000/a/b:t@${digest}` });
  });

  for (const wrong of [
    '',
    'Redis',
    'redis:',
    'redis:-1',
    'a//b',
    '/a',
    'a/',
    'a b',
    'redis@sha256:abc',
    'a:b:c',
    'http://a/b',
    `${'a'.repeat(256)}`,
    digest.slice(7),
    'a___b',
    `a:${'t'.repeat(129)}`,
  ])
    it(`${JSON.stringify(wrong.slice(0, 20))} is none`, () => expect(parseImage(wrong)).to.equal(undefined));
});

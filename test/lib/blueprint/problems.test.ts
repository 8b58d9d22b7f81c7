import { expect } from 'chai';
import { problemsOf } from '../../../lib/blueprint/index.ts';
import type { ApplicationSpec } from '../../../lib/records/index.ts';
import { application, blueprint1, service, tcp } from './fixtures.ts';

const key = { namespace: 'default', app: 'shop' };
const link = (target: string, alias = target) => ({ alias, service: target });
const awaits = (id: string, sensor = 'service.isUp') => ({
  $brooklyn: `$brooklyn:component("${id}").attributeWhenReady("${sensor}")`,
});

describe('problemsOf', () => {
  const table: [what: string, spec: ApplicationSpec, code: string, field: string, words: string][] = [
    [
      'two services of one id',
      application(service('a'), service('a')),
      'BERTH_INVALID',
      'services[1].id',
      'services[0]',
    ],
    ['an id that is no label', application(service('A_b')), 'BERTH_INVALID', 'services[0].id', 'A_b-0'],
    [
      'an id too long for its numbers',
      application(service('a'.repeat(61), { replicas: 11 })),
      'BERTH_INVALID',
      'services[0].id',
      '-10',
    ],
    [
      'an unknown target',
      application(service('a', { links: [link('b')] })),
      'BERTH_NOT_FOUND',
      'services[0].links.b',
      'no other',
    ],
    [
      'an unknown target beside others',
      application(service('a', { links: [link('z', 'db')] }), service('b')),
      'BERTH_NOT_FOUND',
      'services[0].links.db',
      'one of b',
    ],
    [
      'two aliases with the same variables',
      application(service('a', { links: [link('b', 'my-db'), link('c', 'my_db')] }), service('b'), service('c')),
      'BERTH_INVALID',
      'services[0].links.my_db',
      'same variables',
    ],
    ['a link to itself', application(service('a', { links: [link('a')] })), 'BERTH_CYCLE', 'services[0]', 'a → a'],
    [
      'a loop of links',
      application(
        service('x'),
        service('a', { links: [link('b')] }),
        service('b', { links: [link('c')] }),
        service('c', { links: [link('a')] }),
      ),
      'BERTH_CYCLE',
      'services[1]',
      'a → b → c → a',
    ],
    [
      'a loop of a link and an expression',
      application(service('a', { links: [link('b')] }), service('b', { env: { X: awaits('a') } })),
      'BERTH_CYCLE',
      'services[0]',
      'a → b → a',
    ],
    [
      'a service that waits for itself',
      application(service('a', { env: { X: { $brooklyn: 'attributeWhenReady("host.address")' } } })),
      'BERTH_CYCLE',
      'services[0]',
      'a → a',
    ],
    [
      'a service that waits for the whole application',
      application(service('a', { env: { X: { $brooklyn: 'parent().attributeWhenReady("main.uri")' } } })),
      'BERTH_CYCLE',
      'services[0]',
      'a → the application → a',
    ],
    [
      'an expression that does not parse',
      application(service('a', { env: { URL: { $brooklyn: '$brooklyn:component("b"' } } }), service('b')),
      'BERTH_INVALID',
      'services[0].env.URL',
      'column 24',
    ],
    [
      'a function of Brooklyn that is not there yet',
      application(service('a', { command: ['x', { $brooklyn: '$brooklyn:external("vault", "k")' }] })),
      'BERTH_NOT_SUPPORTED_YET',
      'services[0].command[1]',
      'external',
    ],
    [
      'an unknown component',
      application(
        service('a', { env: { X: { $brooklyn: 'formatString("%s", component("b").config("id"))' } } }),
        service('c'),
      ),
      'BERTH_NOT_FOUND',
      'services[0].env.X',
      'no such component',
    ],
    [
      'an unknown config',
      application(service('a', { env: { X: { $brooklyn: 'config("colour")' } } })),
      'BERTH_NOT_FOUND',
      'services[0].env.X',
      '“a” has no config “colour”',
    ],
    [
      'a component where a value is needed',
      application(service('a', { env: { X: { $brooklyn: 'component("b")' } } }), service('b')),
      'BERTH_INVALID',
      'services[0].env.X',
      'attributeWhenReady',
    ],
    [
      'a host port for two ports',
      application(service('a', { directPorts: [tcp(80)], mappedPorts: [{ ...tcp(8080), host: 80 }] })),
      'BERTH_INVALID',
      'services[0].mappedPorts',
      '80/tcp',
    ],
    [
      'a label of berth',
      application(service('a', { labels: { 'io.berth.uid': 'x' } })),
      'BERTH_INVALID',
      'services[0].labels',
      'io.berth.',
    ],
  ];
  for (const [what, spec, code, field, words] of table) {
    it(`refuses ${what}`, () => {
      const problems = problemsOf(spec, key);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.deep.include({ code, field });
      expect(JSON.stringify(problems[0])).to.contain(words);
    });
  }

  it('refuses names that make a network of more than 63 characters', () => {
    expect(problemsOf(blueprint1, { namespace: 'n'.repeat(27), app: 'a'.repeat(27) })).to.deep.equal([]);
    const [problem] = problemsOf(blueprint1, { namespace: 'n'.repeat(28), app: 'a'.repeat(27) });
    expect(problem).to.deep.include({ code: 'BERTH_BAD_KEY', field: 'metadata.name' });
  });

  it('reports all at once, and loops only where all else is right', () => {
    const fields = problemsOf(
      application(
        service('a', { links: [link('a'), link('z')], env: { X: { $brooklyn: '(' }, Y: { $brooklyn: ')' } } }),
        service('a'),
      ),
      key,
    ).map(({ field }) => field);
    expect(fields).to.deep.equal(['services[0].links.z', 'services[0].env.X', 'services[0].env.Y', 'services[1].id']);
  });

  for (const [what, spec] of [
    ['the talk’s blueprint', blueprint1],
    // Slide 13 opens 6379 and binds it directly.
    [
      'a port that is open and direct',
      application(service('redis', { openPorts: [tcp(6379)], directPorts: [tcp(6379)] })),
    ],
    [
      'one port on two host ports',
      application(
        service('a', {
          mappedPorts: [
            { ...tcp(80), host: 80 },
            { ...tcp(80), host: 8080 },
          ],
        }),
      ),
    ],
    [
      'one host port for TCP and UDP',
      application(service('dns', { directPorts: [tcp(53), { port: 53, protocol: 'udp' }] })),
    ],
    [
      'one host port for two services, which may run on two hosts',
      application(service('a', { directPorts: [tcp(80)] }), service('b', { directPorts: [tcp(80)] })),
    ],
    [
      'the configuration of somebody who waits for the asker',
      application(
        service('a', { links: [link('b')] }),
        service('b', { env: { X: { $brooklyn: 'component("a").config("image")' } } }),
      ),
    ],
  ] as const) {
    it(`accepts ${what}`, () => expect(problemsOf(spec, key)).to.deep.equal([]));
  }
});

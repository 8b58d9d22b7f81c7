import { expect } from 'chai';
import { problemsOf } from '../../../lib/blueprint/index.ts';
import type { ApplicationSpec } from '../../../lib/records/index.ts';
import { application, blueprint1, service } from './fixtures.ts';

const link = (target: string, alias = target) => ({ alias, service: target });
const expression = ($brooklyn: string) => ({ $brooklyn });
const awaits = (id: string) => expression(`$brooklyn:component("${id}").attributeWhenReady("service.isUp")`);

describe('problemsOf', () => {
  const table: [what: string, spec: ApplicationSpec, code: string, path: (string | number)[], words: string][] = [
    [
      'two aliases with the same variables',
      application(service('b'), service('c'), service('a', { links: [link('b', 'my-db'), link('c', 'my_db')] })),
      'BERTH_INVALID',
      ['services', 2, 'links', 'my_db'],
      'same variables',
    ],
    ['a link to itself', application(service('a', { links: [link('a')] })), 'BERTH_CYCLE', ['services', 0], 'a → a'],
    [
      'a loop of links',
      application(
        service('x'),
        service('a', { links: [link('b')] }),
        service('b', { links: [link('c')] }),
        service('c', { links: [link('a')] }),
      ),
      'BERTH_CYCLE',
      ['services', 1],
      'a → b → c → a',
    ],
    [
      'a loop of a link and an expression',
      application(service('a', { links: [link('b')] }), service('b', { env: { X: awaits('a') } })),
      'BERTH_CYCLE',
      ['services', 0],
      'a → b → a',
    ],
    [
      'a service that waits for itself',
      application(service('a', { env: { X: expression('attributeWhenReady("host.address")') } })),
      'BERTH_CYCLE',
      ['services', 0],
      'a → a',
    ],
    [
      'a service that waits for the whole application',
      application(service('a', { env: { X: expression('parent().attributeWhenReady("main.uri")') } })),
      'BERTH_CYCLE',
      ['services', 0],
      'a → the application → a',
    ],
    [
      'an expression that does not parse',
      application(service('a', { env: { URL: expression('$brooklyn:component("b"') } }), service('b')),
      'BERTH_INVALID',
      ['services', 0, 'env', 'URL'],
      'column 24',
    ],
    [
      'a function of Brooklyn that is not there yet',
      application(service('a', { command: ['x', expression('$brooklyn:external("vault", "k")')] })),
      'BERTH_NOT_SUPPORTED_YET',
      ['services', 0, 'command', 1],
      'external',
    ],
    [
      'an unknown component',
      application(
        service('a', { env: { X: expression('formatString("%s", component("b").config("id"))') } }),
        service('c'),
      ),
      'BERTH_NOT_FOUND',
      ['services', 0, 'env', 'X'],
      'one of a, c',
    ],
    [
      'an unknown config',
      application(service('a', { env: { X: expression('config("colour")') } })),
      'BERTH_NOT_FOUND',
      ['services', 0, 'env', 'X'],
      '“a” has no config “colour”',
    ],
    [
      'a component where a value is needed',
      application(service('a', { env: { X: expression('component("b")') } }), service('b')),
      'BERTH_INVALID',
      ['services', 0, 'env', 'X'],
      'attributeWhenReady',
    ],
  ];
  for (const [what, spec, code, path, words] of table) {
    it(`refuses ${what}`, () => {
      const problems = problemsOf(spec);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.deep.include({ code, path });
      const { message, found, expected } = problems[0]!;
      expect([message, found, expected].join('; ')).to.contain(words);
    });
  }

  for (const [what, text, column] of [
    ['a chain of twenty thousand calls', `$brooklyn:self()${'.self()'.repeat(20_000)}`, 11 + '.self()'.length * 64],
    [
      'twenty thousand expressions within each other',
      `$brooklyn:${'formatString("%s", '.repeat(20_000)}"x"${')'.repeat(20_000)}`,
      11 + 'formatString("%s", '.length * 64,
    ],
  ] as const)
    it(`refuses ${what}, and says where it becomes too deep`, () => {
      const problems = problemsOf(application(service('a', { env: { X: expression(text) } })));
      expect(problems.map(({ code, offset }) => ({ code, column: offset + 1 }))).to.deep.equal([
        { code: 'BERTH_INVALID', column },
      ]);
      expect(problems[0]?.expected).to.contain('at most 64');
    });

  it('says how far into the text', () => {
    const [problem] = problemsOf(application(service('a', { env: { X: expression('$brooklyn:config(1)') } })));
    expect(problem?.offset).to.equal('$brooklyn:config('.length);
  });

  it('reports all at once, and loops only where all else is right', () => {
    const spec = application(
      service('a', { links: [link('a')], env: { X: expression('('), Y: expression(')') } }),
      service('b', { command: [expression('x()')] }),
    );
    expect(problemsOf(spec).map(({ path }) => path.join('.'))).to.deep.equal([
      'services.0.env.X',
      'services.0.env.Y',
      'services.1.command.0',
    ]);
  });

  for (const [what, spec] of [
    ['the talk’s blueprint', blueprint1],
    [
      'the configuration of somebody who waits for the asker',
      application(
        service('a', { links: [link('b')] }),
        service('b', { env: { X: expression('component("a").config("image")') } }),
      ),
    ],
    [
      'a chain of a thousand services',
      application(
        ...Array.from({ length: 1000 }, (_, i) => service(`s${i}`, { links: i < 999 ? [link(`s${i + 1}`)] : [] })),
      ),
    ],
  ] as const) {
    it(`accepts ${what}`, () => expect(problemsOf(spec)).to.deep.equal([]));
  }
});

import { expect } from 'chai';
import fc from 'fast-check';
import { type Expression, parse } from '../../../lib/blueprint/dsl.ts';
import { asText, type Environment, evaluate, isReady, ROOT } from '../../../lib/blueprint/evaluate.ts';
import { BerthError } from '../../../lib/errors/index.ts';

const environment: Environment = {
  self: 'web',
  entity: (id) =>
    new Map([
      ['web', { sensors: { 'host.address': '192.0.2.9' }, config: { image: 'nginx', openPorts: [80, 81] } }],
      [
        'db',
        {
          sensors: { 'datastore.url': 'mysql://10.0.0.2/', empty: '', no: false, text: 'false' },
          config: { id: 'db' },
        },
      ],
      [ROOT, { sensors: { 'service.isUp': true }, config: { name: 'Shop' } }],
    ]).get(id),
};

const outcome = (text: string) => evaluate(parse(text), environment);
const failure = (work: () => unknown): BerthError => {
  try {
    work();
  } catch (error) {
    if (error instanceof BerthError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('expressions', () => {
  for (const [text, value] of [
    ['$brooklyn:component("db").attributeWhenReady("datastore.url")', 'mysql://10.0.0.2/'],
    ['component("db").attributeWhenReady("datastore.url")', 'mysql://10.0.0.2/'],
    ['$brooklyn:entity("db").attributeWhenReady("datastore.url")', 'mysql://10.0.0.2/'],
    ['$brooklyn:component("global", "db").config("id")', 'db'],
    ['$brooklyn:attributeWhenReady("host.address")', '192.0.2.9'],
    ['$brooklyn:self().attributeWhenReady("host.address")', '192.0.2.9'],
    ['$brooklyn:parent().config("name")', 'Shop'],
    ['$brooklyn:component("db").parent().attributeWhenReady("service.isUp")', true],
    ['$brooklyn:config("openPorts")', [80, 81]],
    ['$brooklyn:component("db").attributeWhenReady("text")', 'false'],
    ['$brooklyn:literal("$brooklyn:config(\\"x\\")")', '$brooklyn:config("x")'],
    ['$brooklyn:formatString("%s-%d and 100%%", "a", 3)', 'a-3 and 100%'],
    ['$brooklyn:formatString("%s", config("openPorts"))', '[80,81]'],
    ['$brooklyn:formatString("%s %s %s", true, null, -1.5)', 'true null -1.5'],
    ['$brooklyn:formatString("plain")', 'plain'],
    [' $brooklyn:formatString( "%s:%s" ,\n $brooklyn:config("image") , formatString("%s", "x") ) ', 'nginx:x'],
    ['formatString("\\t\\u00e4\\\\ \\" \\/")', '\tä\\ " /'],
    // Slide 15 of the talk, with the backslash for the shell kept.
    [
      '$brooklyn:formatString("jdbc:%s%s?user=%s\\\\&password=%s", component("db").attributeWhenReady("datastore.url"), "visitors", "brooklyn", "br00k11n")',
      'jdbc:mysql://10.0.0.2/visitors?user=brooklyn\\&password=br00k11n',
    ],
  ] as const) {
    it(`${text.trim()} is ${JSON.stringify(value)}`, () => {
      expect(outcome(text)).to.deep.equal({ is: 'value', value });
    });
  }

  for (const [text, code, column, words] of [
    ['', 'BERTH_INVALID', 1, 'the end'],
    ['$brooklyn:', 'BERTH_INVALID', 11, 'the name of a function'],
    ['$brooklyn:component', 'BERTH_INVALID', 20, '“(” after component'],
    ['$brooklyn:component(', 'BERTH_INVALID', 21, 'quoted text, a number or a function'],
    ['$brooklyn:component()', 'BERTH_INVALID', 11, '1 to 2'],
    ['$brooklyn:component("a"', 'BERTH_INVALID', 24, '“,” or “)”'],
    ['$brooklyn:component("a)', 'BERTH_INVALID', 21, 'not closed'],
    ['$brooklyn:component(a)', 'BERTH_NOT_SUPPORTED_YET', 21, 'found a;'],
    ['$brooklyn:component(formatString("a"))', 'BERTH_INVALID', 21, 'quoted text'],
    ['$brooklyn:component("a") x', 'BERTH_INVALID', 26, '“x”'],
    ['$brooklyn:component("a").', 'BERTH_INVALID', 26, 'the name of a function'],
    ['$brooklyn:component("a").component("b")', 'BERTH_INVALID', 26, 'after a dot'],
    ['$brooklyn:component("sibling", "b")', 'BERTH_NOT_SUPPORTED_YET', 21, 'sibling'],
    ['$brooklyn:config("a").config("b")', 'BERTH_INVALID', 23, 'asked of a value'],
    ['$brooklyn:entitySpec("x")', 'BERTH_NOT_SUPPORTED_YET', 11, 'entitySpec'],
    ['$brooklyn:external("vault", "x")', 'BERTH_NOT_SUPPORTED_YET', 11, 'external'],
    ['$brooklyn:formatString("%s")', 'BERTH_INVALID', 24, '1 conversions and 0 values'],
    ['$brooklyn:formatString("%x", 1)', 'BERTH_INVALID', 24, '“%x”'],
    ['$brooklyn:formatString("100%")', 'BERTH_INVALID', 24, '“%”'],
    ['$brooklyn:formatString("\\q")', 'BERTH_INVALID', 25, '\\n'],
    ['$brooklyn:toString("x")', 'BERTH_NOT_SUPPORTED_YET', 11, 'toString'],
  ] as const) {
    it(`${text || 'nothing'} is refused at column ${column}`, () => {
      const error = failure(() => parse(text));
      expect(error.code).to.equal(code);
      expect(error.message).to.contain(`column ${column}`).and.to.contain(words);
    });
  }

  it('waits for what is not ready, and names all of it', () => {
    expect(
      outcome(
        'formatString("%s%s%s", component("db").attributeWhenReady("nothing"), "x", attributeWhenReady("main.uri"))',
      ),
    ).to.deep.equal({
      is: 'waiting',
      for: [
        { entity: 'db', sensor: 'nothing' },
        { entity: 'web', sensor: 'main.uri' },
      ],
    });
  });

  for (const text of [
    'component("cache").attributeWhenReady("x")',
    'component("cache")',
    'config("nothing")',
    'parent().parent().config("x")',
    'formatString("%s", component("db"))',
  ]) {
    it(`${text} is an error, not a wait`, () => {
      expect(outcome(text).is).to.equal('error');
    });
  }

  it('goes 64 deep, and as far along a chain', () => {
    const nested = (depth: number) => `${'formatString("%s", '.repeat(depth - 1)}literal("x")${')'.repeat(depth - 1)}`;
    expect(outcome(nested(64))).to.deep.equal({ is: 'value', value: 'x' });
    expect(failure(() => parse(nested(65))).message).to.contain('at most 64');
    const many = `formatString("${'%s'.repeat(100)}"${', literal("x")'.repeat(100)})`;
    expect(outcome(many)).to.deep.equal({ is: 'value', value: 'x'.repeat(100) });
    expect(outcome(`self()${'.self()'.repeat(62)}.config("image")`)).to.deep.equal({ is: 'value', value: 'nginx' });
    expect(failure(() => parse(`self()${'.self()'.repeat(64)}`)).message).to.contain('at most 64');
  });

  it('yields an entity for a component alone', () => {
    expect(outcome('$brooklyn:component("db")')).to.deep.equal({ is: 'entity', id: 'db' });
  });

  for (const [value, ready] of [
    [undefined, false],
    [null, false],
    ['', false],
    [0, false],
    [false, false],
    [[], false],
    [{}, false],
    ['false', true],
    [' ', true],
    [-1, true],
    [[0], true],
    [{ a: 0 }, true],
  ] as const) {
    it(`${JSON.stringify(value)} is ${ready ? '' : 'not '}ready, as in Groovy`, () => {
      expect(isReady(value)).to.equal(ready);
    });
  }

  it('reads back any text that was quoted', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const quoted = text.replace(/["\\]/g, (character) => `\\${character}`);
        expect(evaluate(parse(`literal("${quoted}")`), environment)).to.deep.equal({ is: 'value', value: text });
      }),
    ));

  it('answers any text with an expression or a column', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('component', '("db")', '.', '(', ')', '"', '\\', ',', 'config', ' ', '%s', '$brooklyn:', '1'),
        ),
        (pieces) => {
          const text = pieces.join('');
          let expression: Expression | undefined;
          try {
            expression = parse(text);
          } catch (error) {
            expect(error).to.be.instanceOf(BerthError);
            expect(String(error)).to.match(/column \d+/);
          }
          if (expression) expect(evaluate(expression, environment).is).to.be.a('string');
        },
      ),
    ));

  it('writes lists and maps as JSON, all else as it is', () => {
    expect([asText([1, 'a']), asText({ a: 1 }), asText(1.5), asText('x')]).to.deep.equal([
      '[1,"a"]',
      '{"a":1}',
      '1.5',
      'x',
    ]);
  });
});

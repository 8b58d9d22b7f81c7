import { expect } from 'chai';
import fc from 'fast-check';
import { parseJson, writeJson } from '../../../lib/calico/index.ts';

describe('lossless JSON', () => {
  for (const text of [
    '{"sequenceNumber":1788256805123456790,"max":18446744073709551615,"low":-9223372036854775808}',
    '{"10":"b","0":"a","1":null}',
    '[0,-1,1.5,1e+21,1e-7,9007199254740991,9007199254740993]',
    '"\\u003ca\\u003e \\u0026 \\u2028\\u2029 \\n\\t\\r\\b\\f\\u0000\\u001f \\" \\\\ / é 😀"',
    '{"":{},"a":[],"__proto__":{"x":true}}',
    'null',
  ]) {
    it(`writes ${text} as it was`, () => expect(writeJson(parseJson(text))).to.equal(text));
  }

  it('writes a lone surrogate as Go does, which has no such thing', () =>
    expect(writeJson('a\ud800b')).to.equal('"a\ufffdb"'));

  for (const text of [
    '',
    '{',
    '{"a" 1}',
    '[1,]',
    '{"a":1,}',
    '01',
    '+1',
    '1.',
    '"a',
    '"\\x"',
    'nul',
    '1 2',
    "'a'",
    '"\n"',
    '\u00001',
    '['.repeat(300),
  ]) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))} with the place`, () =>
      expect(() => parseJson(text, 'here')).to.throw(/^here:\d+: not JSON; found .*; expected /));
  }

  it('agrees with JSON.parse on every value that has no large integer', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const once = writeJson(parseJson(text));
        expect(JSON.parse(once)).to.deep.equal(JSON.parse(text));
        expect(writeJson(parseJson(once))).to.equal(once);
      }),
    );
  });
});

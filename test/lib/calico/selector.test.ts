import { expect } from 'chai';
import fc from 'fast-check';
import { labelsIn, labelsNeeded, matches, parseSelector, type Selector } from '../../../lib/calico/index.ts';
import { formatSelector } from './format-selector.ts';

const select = (text: string, labels: Record<string, string>) =>
  matches(parseSelector(text), new Map(Object.entries(labels)));

describe('a selector', () => {
  for (const [text, labels, selected] of [
    ['', {}, true],
    ['  ', {}, true],
    ['all()', {}, true],
    ['all(\t)', {}, true],
    ['global()', {}, true],
    ['has(a)', { a: '' }, true],
    ['has( a )', {}, false],
    ['!has(a)', {}, true],
    ['!!has(a)', {}, false],
    ['! has(a)', { a: '1' }, false],
    ['has(default.shop.back-end)', { 'default.shop.back-end': '' }, true],
    ['has(projectcalico.org/namespace)', { 'projectcalico.org/namespace': 'x' }, true],
    ["a == 'b'", { a: 'b' }, true],
    ['a=="b"', { a: 'b' }, true],
    ["a == 'b'", {}, false],
    ["a == 'b'", { a: 'B' }, false],
    ["a != 'b'", {}, true],
    ["a != 'b'", { a: 'b' }, false],
    ["a in {'b', 'c'}", { a: 'c' }, true],
    ["a in {'b', 'c',}", { a: 'c' }, true],
    ['a in {}', { a: 'c' }, false],
    ["a in{'b'}", {}, false],
    ["a not in {'b'}", {}, true],
    ["a notin {'b'}", { a: 'c' }, true],
    ['a not in {"b"}', { a: 'b' }, false],
    ["a contains 'bc'", { a: 'abcd' }, true],
    ["a contains 'bc'", {}, false],
    ["a starts with 'ab'", { a: 'abcd' }, true],
    ["a startswith 'bc'", { a: 'abcd' }, false],
    ["a ends \twith 'cd'", { a: 'abcd' }, true],
    ["a ends with 'cd'", {}, false],
    ["in in {'x'}", { in: 'x' }, true],
    ["has == 'x'", { has: 'x' }, true],
    ["all == 'x'", { all: 'x' }, true],
    ["a == 'it\"s'", { a: 'it"s' }, true],
    ['has(a) || has(b) && has(c)', { a: '' }, true],
    ['(has(a) || has(b)) && has(c)', { a: '' }, false],
    ['!(has(a) && has(b))', { a: '' }, true],
    ["!a == 'b'", {}, true],
  ] as const) {
    it(`${text || '(empty)'} ${selected ? 'selects' : 'does not select'} ${JSON.stringify(labels)}`, () =>
      expect(select(text, labels)).to.equal(selected));
  }

  for (const [text, position, expected] of [
    ['has(', 5, 'a label'],
    ['has(a', 6, '")"'],
    ['has (a)', 5, '==, '],
    ['a', 2, '==, '],
    ['a =', 3, '==, '],
    ["a = 'b'", 3, '==, '],
    ['a == b', 6, 'a string in quotes'],
    ["a == 'b", 6, 'a string in quotes'],
    ["a in 'b'", 6, '"{"'],
    ["a in {'b' 'c'}", 11, '"," or "}"'],
    ['a in {,}', 7, 'a string in quotes'],
    ["a inside {'b'}", 3, '==, '],
    ['has(a) has(b)', 8, '&&, || or the end'],
    ['has(a) & has(b)', 8, '&&, || or the end'],
    ['has(a) &&', 10, 'a label, '],
    ['(has(a)', 8, '")"'],
    ['has(a))', 7, '&&, || or the end'],
    ['all(x)', 5, '")"'],
    ["a == 'b'\n", 9, '&&, || or the end'],
    ['"a" == "b"', 1, 'a label, '],
    ['!= "b"', 1, 'a label, '],
    [`${'('.repeat(300)}has(a)`, 102, 'less nesting'],
    [`has(${'a'.repeat(513)})`, 518, 'a label of at most 512'],
  ] as const) {
    it(`${text.slice(0, 30)} is refused at ${position}`, () =>
      expect(() => parseSelector(text, 'here')).to.throw(
        new RegExp(`^here:${position}: not a selector; found .*; expected ${escaped(expected)}`),
      ));
  }

  const label = fc.constantFrom('a', 'b', 'c.d/e-f', 'in', 'has');
  const value = fc.constantFrom('', 'x', 'xy', 'y"', ' ');
  const { selector } = fc.letrec<{ selector: Selector }>((tie) => ({
    selector: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant<Selector>({ op: 'all' }),
      fc.record({ op: fc.constant('has' as const), label }),
      fc.record({
        op: fc.constantFrom(
          '==' as const,
          '!=' as const,
          'contains' as const,
          'starts with' as const,
          'ends with' as const,
        ),
        label,
        value,
      }),
      fc.record({
        op: fc.constantFrom('in' as const, 'not in' as const),
        label,
        values: fc.array(value, { maxLength: 3 }),
      }),
      fc.record({ op: fc.constant('!' as const), operand: tie('selector') }),
      fc.record({
        op: fc.constantFrom('&&' as const, '||' as const),
        operands: fc.array(tie('selector'), { minLength: 2, maxLength: 3 }),
      }),
    ),
  }));
  const labels = fc.dictionary(label, value, { noNullPrototype: true }).map((each) => new Map(Object.entries(each)));

  it('is written so that it is read back', () =>
    fc.assert(
      fc.property(selector, (each) => {
        expect(parseSelector(formatSelector(each))).to.deep.equal(each);
      }),
    ));

  it('never both selects and, negated, selects', () =>
    fc.assert(
      fc.property(selector, labels, (each, bearing) => {
        const negated = parseSelector(`!(${formatSelector(each)})`);
        expect(matches(negated, bearing)).to.equal(!matches(each, bearing));
      }),
    ));

  it('selects nothing that has none of the labels it needs', () =>
    fc.assert(
      fc.property(selector, labels, (each, bearing) => {
        const needed = labelsNeeded(each);
        if (!needed || [...needed].some((name) => bearing.has(name))) return;
        expect(matches(each, bearing)).to.equal(false);
      }),
    ));

  it('looks at no other labels than it says', () =>
    fc.assert(
      fc.property(selector, labels, (each, bearing) => {
        const looked = new Set<string>();
        const watched = { get: (name: string) => (looked.add(name).has(name) ? bearing.get(name) : undefined) };
        matches(each, watched);
        expect([...labelsIn(each)]).to.include.members([...looked]);
      }),
    ));

  it('is read or refused with a position, whatever is written', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('has(', 'a', ')', '(', ' ', '&&', '||', '!', '==', "'x'", 'in', '{', '}', ','), {
          maxLength: 12,
        }),
        (parts) => {
          const text = parts.join('');
          try {
            formatSelector(parseSelector(text));
          } catch (error) {
            expect(String(error)).to.match(/selector:\d+: not a selector/);
          }
        },
      ),
    ));
});

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

import { expect } from 'chai';
import fc from 'fast-check';
import { find, parsePath, parseTemplate, render } from '../../../cli/output/jsonpath.ts';
import { isCode } from '../../../lib/errors/index.ts';

const value = {
  kind: 'List',
  items: [
    { metadata: { name: 'a', 'io.berth/x': 1 }, status: { conditions: [{ type: 'Ready', status: 'True' }], n: 3 } },
    { metadata: { name: 'b' }, status: { conditions: [{ type: 'Ready', status: 'False' }], n: 0 } },
  ],
};

describe('JSONPath', () => {
  for (const [template, printed] of [
    ['{.kind}', 'List'],
    ['{$.kind}', 'List'],
    ['{.items[0].metadata.name}', 'a'],
    ['{.items[-1].metadata.name}', 'b'],
    ['{.items[*].metadata.name}', 'a b'],
    ['{.items[9].metadata.name}', ''],
    ['{.items[0].status.n}', '3'],
    ['{.items[1].status.conditions}', '[{"type":"Ready","status":"False"}]'],
    ['{.items[?(@.metadata.name=="b")].status.n}', '0'],
    ["{.items[?(@.metadata.name!='b')].metadata.name}", 'a'],
    ['{.items[?(@.status.n==3)].metadata.name}', 'a'],
    ['{.items[*].status.conditions[?(@.type=="Ready")].status}', 'True False'],
    ["{.items[0].metadata['io.berth/x']}", '1'],
    ['{.items[0].metadata.io\\.berth/x}', '1'],
    ['{..name}', 'a b'],
    ['{range .items[*]}{.metadata.name}={.status.n}{"\\n"}{end}', 'a=3\nb=0\n'],
    ['name: {.items[0].metadata.name}!', 'name: a!'],
    ['{.nothing.here}', ''],
    ['{"{}"}', '{}'],
    ['{.kind} and {.kind}', 'List and List'],
  ] as const)
    it(`${template} prints ${JSON.stringify(printed)}`, () => {
      expect(render(parseTemplate(template), value)).to.equal(printed);
    });

  for (const template of ['{.items[}', '{range .items[*]}{.kind}', '{end}', '{.a b}', '{"open}', '{.items[?(@.a}'])
    it(`${template} is refused as a usage error`, () => {
      let error: unknown;
      try {
        parseTemplate(template);
      } catch (thrown) {
        error = thrown;
      }
      expect(isCode(error, 'BERTH_USAGE')).to.equal(true);
    });

  it('takes a path with and without braces and dot', () => {
    for (const path of ['{.kind}', '.kind', 'kind', '$.kind'])
      expect(find(parsePath(path), value)).to.deep.equal(['List']);
  });

  it('finds what lies under any names', () =>
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 }),
        fc.integer(),
        (names, leaf) => {
          const nested = names.reduceRight<unknown>((inner, name) => Object.fromEntries([[name, inner]]), leaf);
          const path = names.map((name) => `['${name.replace(/[\\']/g, (char) => `\\${char}`)}']`).join('');
          expect(find(parsePath(path), nested)).to.deep.equal([leaf]);
        },
      ),
    ));

  it('reads or refuses any text, and never anything else', () =>
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]().*?@$="\'\\ ab1end') }), (text) => {
        try {
          render(parseTemplate(text), value);
        } catch (error) {
          if (!isCode(error, 'BERTH_USAGE')) throw error;
        }
      }),
    ));
});

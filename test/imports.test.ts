import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';

/** Design §9: imports point one way, and a folder of `lib` is entered by its door. */

const ROOTS = ['lib', 'controllers', 'cli', 'web'];
/** What each may import, besides itself. */
const BELOW: Record<string, readonly string[]> = {
  lib: [],
  controllers: ['lib'],
  cli: ['controllers', 'lib', 'test'],
  web: ['controllers', 'lib'],
};
/** Files at the top of `controllers` wire the program together: they may see every controller. */
const isComposition = (file: string): boolean => /^controllers\/[^/]+\.ts$/.test(file);

interface Import {
  from: string;
  to: string;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

const imports: Import[] = ROOTS.flatMap((root) => {
  try {
    return sources(root);
  } catch {
    return [];
  }
}).flatMap((from) =>
  [...readFileSync(from, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, specifier = '']) => ({
    from,
    to: normalize(join(dirname(from), specifier)),
  })),
);

const top = (file: string): string => file.slice(0, file.indexOf('/'));
/** `lib/store/memory/index.ts` → `store`; `controllers/placement/plan.ts` → `placement` */
const area = (file: string): string => file.split('/')[1] ?? '';
const show = ({ from, to }: Import): string => `${from} imports ${to}`;

describe('imports', () => {
  it('are found at all', () => expect(imports.length).to.be.above(100));

  it('point one way: cli and web to controllers to lib', () => {
    const wrong = imports.filter(({ from, to }) => top(from) !== top(to) && !BELOW[top(from)]?.includes(top(to)));
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it('never lead from one controller to another', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        top(from) === 'controllers' && top(to) === 'controllers' && !isComposition(from) && area(from) !== area(to),
    );
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it('enter a folder of lib by its door', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (top(to) !== 'lib') return false;
      const sameFolder = top(from) === 'lib' && area(from) === area(to);
      // A folder within (lib/store/memory) may have a door of its own.
      return !sameFolder && !to.endsWith('/index.ts');
    });
    expect(wrong.map(show)).to.deep.equal([]);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { codes } from '../../../lib/errors/index.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Where codes are listed, and not thrown. */
const TABLES = ['lib/errors/codes.ts', 'cli/advice.ts', 'cli/server/http/errors.ts'];

describe('the table of errors', () => {
  it('has none that nothing throws', () => {
    const files = ['lib', 'controllers', 'cli']
      .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, `${file}`)))
      .filter((file) => file.endsWith('.ts') && !TABLES.includes(file));
    const text = files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
    expect(Object.keys(codes).filter((code) => !text.includes(`'${code}'`))).to.deep.equal([]);
  });
});

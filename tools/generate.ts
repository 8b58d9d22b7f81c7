/** Writes all that is generated into the repository. `--check` writes nothing and fails if something would change. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { recordTypes } from './records.ts';
import { errorsReference } from './reference/errors.ts';
import { keysReference } from './reference/keys.ts';
import { recordsReference } from './reference/records.ts';

/** The text of each file, by its path from the root of the repository. */
const files = new Map<string, string>([
  ...(await recordTypes()),
  ['docs/reference/errors.md', errorsReference()],
  ['docs/reference/keys.md', keysReference()],
  ['docs/reference/records.md', recordsReference()],
]);

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');
for (const [file, text] of files) {
  const path = join(root, file);
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) continue;
  if (check) {
    console.error(`${file} is out of date: run \`npm run generate\``);
    process.exitCode = 1;
    continue;
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  console.log(`wrote ${file}`);
}

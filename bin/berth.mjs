#!/usr/bin/env -S node --max-semi-space-size=32
// What is new dies young, and there is much of it: with V8’s 16 MB, a busy process spends a tenth of its time on copying it.
//
// The built program where it is what the sources say, or where there are none; else the sources: a build that somebody
// forgot to repeat never runs. Looking costs a few milliseconds.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const built = new URL('../dist/cli/main.js', import.meta.url);
const sources = new URL('../cli/main.ts', import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));

/** What is compiled or copied into dist. */
const FOLDERS = ['cli', 'controllers', 'lib', 'test/invariants', 'test/simulation'];

/** Whether anything below a folder was changed, added or deleted after a time: folders count, too. */
function changedSince(time, folder) {
  if (statSync(folder).mtimeMs > time) return true;
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? changedSince(time, path) : statSync(path).mtimeMs > time;
  });
}

function isCurrent() {
  const time = statSync(built).mtimeMs;
  return FOLDERS.map((name) => join(root, name)).every((folder) => !existsSync(folder) || !changedSince(time, folder));
}

/** Absent where only what the program needs is installed. */
const hasTsx = () =>
  import('tsx').then(
    () => true,
    () => false,
  );

const useBuilt = existsSync(built) && (!existsSync(sources) || isCurrent() || !(await hasTsx()));
if (!useBuilt) await import('tsx');
await import(useBuilt ? built : sources);

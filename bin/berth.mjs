#!/usr/bin/env node
// The built program where there is one, else the sources (a fresh checkout).
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(built)) await import(built);
else {
  await import('tsx');
  await import(new URL('../cli/main.ts', import.meta.url));
}

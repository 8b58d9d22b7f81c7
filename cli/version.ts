import { existsSync, readFileSync } from 'node:fs';

// From the sources, and from what is built below dist/.
const file = ['../package.json', '../../package.json']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url));

const about: { version?: string } = file ? JSON.parse(readFileSync(file, 'utf8')) : {};

export const version: string = about.version ?? 'unknown';

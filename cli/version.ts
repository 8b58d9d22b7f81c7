import { existsSync, readFileSync } from 'node:fs';

// From the sources, and from what is built below dist/.
const file = ['../package.json', '../../package.json']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url));

const manifest: { version?: string } = file ? JSON.parse(readFileSync(file, 'utf8')) : {};

export const version: string = manifest.version ?? 'unknown';

/** What `berth version` and `berth --version` print. */
export const about = `berth ${version} (Node.js ${process.versions.node})`;

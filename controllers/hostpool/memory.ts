import type { DockerCloudSpec } from '../../lib/records/index.ts';
import type { Entry } from '../../lib/store/index.ts';
import type { Parsed } from './accept.ts';
import { parseCloud } from './parse.ts';

/**
 * What was worked out about entries of the cache that still stand as they were. Entries are never changed in place, so
 * their identity is the key, and what is forgotten is merely worked out again.
 */
export class Memory {
  readonly #parsed = new WeakMap<Entry<'dockerclouds'>, Parsed>();
  readonly #settled = new WeakMap<Entry<'hosts'>, { spec: DockerCloudSpec; verdict: string }>();

  readonly #hashes = new WeakMap<Entry<'hosts'>, { spec: DockerCloudSpec; authority: string; hash: string }>();

  parse(entry: Entry<'dockerclouds'>): Parsed {
    let parsed = this.#parsed.get(entry);
    if (!parsed) {
      parsed = parseCloud(entry.id, entry.value);
      this.#parsed.set(entry, parsed);
    }
    return parsed;
  }

  /** What a host is to be prepared for by this spec and authority, worked out once. */
  wanted(entry: Entry<'hosts'>, spec: DockerCloudSpec, authority: string, hash: () => string): string {
    const known = this.#hashes.get(entry);
    if (known?.spec === spec && known.authority === authority) return known.hash;
    const made = { spec, authority, hash: hash() };
    this.#hashes.set(entry, made);
    return made.hash;
  }

  /** Whether the host's record was found to say all that follows from this spec and verdict. */
  isSettled(entry: Entry<'hosts'>, spec: DockerCloudSpec, verdict: string): boolean {
    const known = this.#settled.get(entry);
    return known?.spec === spec && known.verdict === verdict;
  }

  settle(entry: Entry<'hosts'>, spec: DockerCloudSpec, verdict: string): void {
    this.#settled.set(entry, { spec, verdict });
  }
}

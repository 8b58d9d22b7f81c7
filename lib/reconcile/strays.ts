import { type Cache, reporterOf, type Stray } from '../store/index.ts';
import type { EventType } from './events.ts';

/** Characters of a key that are shown: anybody may write any. */
const SHOWN = 200;

/**
 * Says in events which keys are no records, so that whoever put one there learns why nothing comes of it. One event a
 * collection, whatever their number: `about` is the collection, or `keys` where they lie in none.
 */
export class StrayReports {
  readonly #controller: string;
  readonly #cache: Pick<Cache, 'strays'>;
  readonly #event: (about: string, type: EventType, reason: string, message: string) => void;
  /** By key: the revision that was reported. */
  #reported: ReadonlyMap<string, number> = new Map();

  /** @param controller  only those that it reports (`reporterOf`) */
  constructor(
    controller: string,
    cache: Pick<Cache, 'strays'>,
    event: (about: string, type: EventType, reason: string, message: string) => void,
  ) {
    this.#controller = controller;
    this.#cache = cache;
    this.#event = event;
  }

  /** Reports what is new; with `again` all there are, since events expire. */
  look({ again = false } = {}): void {
    const before = again ? new Map<string, number>() : this.#reported;
    const strays = this.#cache.strays().filter((stray) => reporterOf(stray) === this.#controller);
    this.#reported = new Map(strays.map(({ key, modRevision }) => [key, modRevision]));
    const byCollection = new Map<string, Stray[]>();
    for (const stray of strays) {
      if (before.get(stray.key) === stray.modRevision) continue;
      const collection = stray.kind ?? 'keys';
      const fresh = byCollection.get(collection) ?? [];
      fresh.push(stray);
      byCollection.set(collection, fresh);
    }
    for (const [collection, fresh] of byCollection) this.#event(collection, 'Warning', 'NoRecord', tell(fresh));
  }
}

function tell([first, ...others]: readonly Stray[]): string {
  if (!first) return '';
  const more = others.length > 0 ? `; and ${others.length} more` : '';
  return `${JSON.stringify(first.key.slice(0, SHOWN))} is no record and is left alone: ${first.problem}${more}`;
}

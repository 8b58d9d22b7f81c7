/** What one zone of one server is known to hold, since somebody last looked. */
export interface Held {
  /** Of the lead that learned it: another leader may have been there since. */
  readonly fence: number;
  /** Of the server: one that was replaced holds nothing that it confirmed before. */
  readonly identity: string;
  /** mod_revision of each name's record as the server confirmed it, by id. */
  readonly names: Map<string, number>;
  /** When all of it is to be compared again, by the monotonic clock. */
  compareAt: number;
  /** Attempts that failed since the last that did not. */
  failures: number;
  /** No attempt before, by the monotonic clock. */
  retryAt: number;
}

/** What the servers are known to hold, by the key that is reconciled. */
export class Memory {
  readonly #zones = new Map<string, Held>();

  /** As it stands, of this lead; empty where the lead or the server is another than before. */
  of(key: string, { fence, identity }: Pick<Held, 'fence' | 'identity'>): Held {
    const known = this.#zones.get(key);
    if (known?.fence === fence && known.identity === identity) return known;
    const held: Held = { fence, identity, names: new Map(), compareAt: 0, failures: 0, retryAt: 0 };
    this.#zones.set(key, held);
    return held;
  }

  /** Whether a server holds a name as its record of that revision says. */
  confirmed(key: string, id: string, { fence, revision }: { fence: number; revision: number }): boolean {
    const held = this.#zones.get(key);
    return held?.fence === fence && held.names.get(id) === revision;
  }

  forget(key: string): void {
    this.#zones.delete(key);
  }
}

/** A record with the mod_revision that it was read at; 0 and no value where there is none. */
export interface Versioned<T> {
  value?: T | undefined;
  revision: number;
}

/** One write of a plan. Without a value: a delete. Lands only if the key still has that mod_revision. */
export interface Change {
  /** Below `/calico/`. */
  id: string;
  value?: string;
  expect: number;
}

interface Draft<T> extends Versioned<T> {
  dirty: boolean;
}

/** What was never there and is not wanted needs no delete. */
const isChange = ({ dirty, value, revision }: Draft<unknown>): boolean =>
  dirty && !(value === undefined && revision === 0);

export interface OverlayOptions<T> {
  read(id: string): Versioned<T>;
  write(value: T): string;
  /** What a write does to a record besides: a block's sequence number grows. */
  seal?(value: T): T;
}

/** Records of one kind as a plan would leave them, over records as they were read. */
export class Overlay<T> {
  readonly #options: OverlayOptions<T>;
  #drafts = new Map<string, Draft<T>>();

  constructor(options: OverlayOptions<T>) {
    this.#options = options;
  }

  get(id: string): T | undefined {
    return (this.#drafts.get(id) ?? this.#options.read(id)).value;
  }

  set(id: string, value: T | undefined): void {
    const { revision } = this.#drafts.get(id) ?? this.#options.read(id);
    this.#drafts.set(id, { value, revision, dirty: true });
  }

  /** Ids that the plan touched, whether they are still there or not. */
  touched(): Iterable<string> {
    return this.#drafts.keys();
  }

  /** How many changes there are. */
  get size(): number {
    let count = 0;
    for (const draft of this.#drafts.values()) if (isChange(draft)) count++;
    return count;
  }

  *changes(): Iterable<Change> {
    for (const [id, draft] of this.#drafts) {
      if (!isChange(draft)) continue;
      const { value, revision } = draft;
      yield value === undefined
        ? { id, expect: revision }
        : { id, value: this.#options.write(this.#sealed(value)), expect: revision };
    }
  }

  /** The changes are in the store as of this revision: further ones build on them. */
  landed(revision: number): void {
    for (const [id, { value, dirty }] of this.#drafts) {
      if (!dirty) continue;
      const after = value === undefined ? { value, revision: 0 } : { value: this.#sealed(value), revision };
      this.#drafts.set(id, { ...after, dirty: false });
    }
  }

  /** @returns a function that takes back what is set from now on */
  mark(): () => void {
    const drafts = new Map(this.#drafts);
    return () => {
      this.#drafts = drafts;
    };
  }

  #sealed(value: T): T {
    return this.#options.seal ? this.#options.seal(value) : value;
  }
}

/** A record with the mod_revision that it was read at; 0 and no value where there is none. */
export interface Versioned<T> {
  value?: T | undefined;
  revision: number;
}

/** There is something that does not parse: its value is absent, its revision is not 0. */
export const isUnreadable = ({ value, revision }: Versioned<unknown>): boolean => value === undefined && revision !== 0;

/** One write of a plan. Without a value: a delete. Lands only if the key still has that mod_revision. */
export interface Change {
  /** Below `/calico/`. */
  id: string;
  value?: string;
  expect: number;
}

/** What takes back the steps of a plan, the latest first. */
export type Journal = (() => void)[];

interface Draft<T> extends Versioned<T> {
  /** Not in the store yet. */
  dirty: boolean;
}

/** What was never there and is not wanted needs no delete. */
const isChange = ({ dirty, value, revision }: Draft<unknown>): boolean =>
  dirty && !(value === undefined && revision === 0);

export interface OverlayOptions<T> {
  read(id: string): Versioned<T>;
  /** The bytes of a record that is about to land. */
  write(value: T): string;
  /** A record as it is once it has landed. Absent: as it was. */
  landed?(value: T): T;
}

/** Records of one kind as a plan would leave them, over records as they were read. Each is read once. */
export class Overlay<T> {
  readonly #options: OverlayOptions<T>;
  readonly #journal: Journal;
  readonly #drafts = new Map<string, Draft<T>>();
  readonly #dirty = new Set<string>();
  /** Ids that this plan has read and never written. What it wrote, the reader may not know yet; all else may change. */
  readonly #read = new Set<string>();
  #size = 0;
  #version = 0;

  /** @param journal  is told how to take back each change */
  constructor(journal: Journal, options: OverlayOptions<T>) {
    this.#journal = journal;
    this.#options = options;
  }

  get(id: string): T | undefined {
    return this.#draft(id).value;
  }

  /** Whether there is something that does not parse, and that is neither changed nor written over. */
  isUnreadable(id: string): boolean {
    const draft = this.#draft(id);
    return !draft.dirty && isUnreadable(draft);
  }

  /** One that is unreadable can only be deleted. */
  set(id: string, value: T | undefined): void {
    const before = this.#draft(id);
    this.#replace(id, { value, revision: before.revision, dirty: true });
    this.#journal.push(() => this.#replace(id, before));
  }

  /** What is changed inside the value of an id counts as a change; whoever changes it notes in the journal how to undo that. */
  touch(id: string): void {
    const before = this.#draft(id);
    if (!before.dirty) this.set(id, before.value);
  }

  /** Ids that there are drafts of. */
  drafted(): Iterable<string> {
    return this.#drafts.keys();
  }

  /** How many changes there are. */
  get size(): number {
    return this.#size;
  }

  /** Another one after every change of which ids have a value. */
  get version(): number {
    return this.#version;
  }

  *changes(): Iterable<Change> {
    for (const id of this.#dirty) {
      const draft = this.#draft(id);
      if (!isChange(draft)) continue;
      const { value, revision } = draft;
      yield value === undefined
        ? { id, expect: revision }
        : { id, value: this.#options.write(value), expect: revision };
    }
  }

  /** The changes are in the store as of this revision: further ones build on them, and on what is read from now on. */
  landed(revision: number): void {
    for (const id of this.#dirty) {
      const { value } = this.#draft(id);
      const after = value === undefined ? value : (this.#options.landed?.(value) ?? value);
      this.#drafts.set(id, { value: after, revision: after === undefined ? 0 : revision, dirty: false });
      this.#read.delete(id);
    }
    for (const id of this.#read) this.#drafts.delete(id);
    this.#read.clear();
    this.#dirty.clear();
    this.#size = 0;
    this.#version++;
  }

  #draft(id: string): Draft<T> {
    let draft = this.#drafts.get(id);
    if (!draft) {
      const { value, revision } = this.#options.read(id);
      draft = { value, revision, dirty: false };
      this.#drafts.set(id, draft);
      this.#read.add(id);
    }
    return draft;
  }

  #replace(id: string, draft: Draft<T>): void {
    const before = this.#drafts.get(id);
    this.#size += Number(isChange(draft)) - Number(before !== undefined && isChange(before));
    if ((before?.value === undefined) !== (draft.value === undefined)) this.#version++;
    this.#drafts.set(id, draft);
    if (draft.dirty) this.#dirty.add(id);
    else this.#dirty.delete(id);
  }
}

import type { Cidr } from '../addresses/index.ts';
import {
  type Affinity,
  affinity as affinityCodec,
  type Block,
  block as blockCodec,
  type Handle,
  handle as handleCodec,
  type IpamConfig,
} from './ipam-records.ts';
import { type Change, type Journal, Overlay, type Versioned } from './overlay.ts';
import { WorkingBlock } from './working-block.ts';

/** Calico's IPAM records as they were read. One that does not parse has a revision and no value: it is never written over. */
export interface IpamState {
  config(): IpamConfig | undefined;
  block(id: string): Versioned<Block>;
  affinity(id: string): Versioned<Affinity>;
  /** Ids of all affinities of a host. */
  affinities(host: string): string[];
  handle(id: string): Versioned<Handle>;
  /** Ranges of IPReservations: nothing in them is handed out. */
  reservations(): readonly Cidr[];
}

/** Calico's IPAM records as a plan would leave them, with how to take back each of its steps. */
export class IpamDrafts {
  readonly blocks: Overlay<WorkingBlock>;
  readonly affinities: Overlay<Affinity>;
  readonly handles: Overlay<Handle>;
  readonly #journal: Journal = [];

  constructor(state: IpamState) {
    this.blocks = new Overlay(this.#journal, {
      read: (id) => {
        const { value, revision } = state.block(id);
        return { value: value && new WorkingBlock(value, this.#journal), revision };
      },
      write: (block) => blockCodec.write(block.sealed),
      landed: (block) => block.landed(),
    });
    this.affinities = new Overlay(this.#journal, {
      read: (id) => state.affinity(id),
      write: (value) => affinityCodec.write(value),
    });
    this.handles = new Overlay(this.#journal, {
      read: (id) => state.handle(id),
      write: (value) => handleCodec.write(value),
    });
  }

  setBlock(id: string, block: Block | undefined): void {
    this.blocks.set(id, block && new WorkingBlock(block, this.#journal));
  }

  changes(): Change[] {
    return [...this.affinities.changes(), ...this.blocks.changes(), ...this.handles.changes()];
  }

  /** How many changes there are. */
  get size(): number {
    return this.affinities.size + this.blocks.size + this.handles.size;
  }

  /** The changes are in the store as of this revision. Marks are void. */
  landed(revision: number): void {
    for (const overlay of [this.affinities, this.blocks, this.handles]) overlay.landed(revision);
    this.#journal.length = 0;
  }

  /** @returns a function that takes back every change since */
  mark(): () => void {
    const until = this.#journal.length;
    return () => {
      while (this.#journal.length > until) this.#journal.pop()?.();
    };
  }
}

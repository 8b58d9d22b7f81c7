import type { Frame } from './frames.ts';

/** Keeps the beginning of what a command writes, byte by byte, and knows whether that was all. */
export class Capture {
  readonly #limit: number;
  readonly #kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  readonly #size = { stdout: 0, stderr: 0 };
  #truncated = false;

  /** @param limit  bytes of each stream */
  constructor(limit: number) {
    this.#limit = limit;
  }

  take({ stream, data }: Frame): void {
    const kept = data.subarray(0, this.#limit - this.#size[stream]);
    if (kept.length < data.length) this.#truncated = true;
    if (kept.length === 0) return;
    this.#kept[stream].push(kept);
    this.#size[stream] += kept.length;
  }

  /** Whether there was more of either stream than is kept. */
  get truncated(): boolean {
    return this.#truncated;
  }

  bytes(stream: Frame['stream']): Buffer {
    return Buffer.concat(this.#kept[stream]);
  }
}

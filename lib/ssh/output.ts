const LIMIT = 1024 * 1024;

/** Collects a stream of bytes up to 1 MiB and forgets the rest, so that a chatty command cannot fill the memory. */
export class Output {
  #chunks: Buffer[] = [];
  #left = LIMIT;

  push(chunk: Buffer): void {
    if (this.#left === 0) return;
    const kept = chunk.subarray(0, this.#left);
    this.#chunks.push(kept);
    this.#left -= kept.length;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

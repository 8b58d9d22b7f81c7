/** Wire types, from protobuf's encoding (https://protobuf.dev/programming-guides/encoding/). */
export const VARINT = 0;
export const DELIMITED = 2;

const START = 64 * 1024;

/**
 * A protobuf message as it is written: front to back into one buffer, which is used again for the next message.
 *
 * The length of a nested message stands before it and is known only after it. So its place is kept by a guess, and what
 * was written is moved where the guess was wrong, which takes text that is not ASCII near a power of 128.
 */
export class Output {
  #buffer = Buffer.allocUnsafeSlow(START);
  #at = 0;
  /** Of each message that is open: where its content begins, and how many bytes are kept for its length before that. */
  readonly #open: number[] = [];

  /** Begins anew, whatever became of the message before. */
  begin(): this {
    this.#at = 0;
    this.#open.length = 0;
    return this;
  }

  /** A field of a number: an integer of up to 53 bits, or a decimal one of 64. Written also where it is 0. */
  number(field: number, value: number | string): void {
    this.#reserve(20);
    this.#varint(field * 8 + VARINT);
    if (typeof value === 'number' && value >= 0) this.#varint(value);
    else this.#wide(BigInt.asUintN(64, BigInt(value)));
  }

  /** A field of text or bytes. */
  bytes(field: number, value: string | Buffer): void {
    this.open(field, value.length);
    this.#reserve(typeof value === 'string' ? 3 * value.length : value.length);
    this.#at += typeof value === 'string' ? this.#buffer.write(value, this.#at) : value.copy(this.#buffer, this.#at);
    this.close();
  }

  /** Begins a nested message. @param about its likely length, in bytes */
  open(field: number, about: number): void {
    this.#reserve(20);
    this.#varint(field * 8 + DELIMITED);
    const kept = varintSize(about);
    this.#at += kept;
    this.#open.push(this.#at, kept);
  }

  /** Ends the message that was begun last. */
  close(): void {
    const kept = this.#open.pop()!;
    const start = this.#open.pop()!;
    const length = this.#at - start;
    const needed = varintSize(length);
    if (needed !== kept) {
      this.#reserve(needed);
      this.#buffer.copyWithin(start - kept + needed, start, this.#at);
    }
    this.#at = start - kept;
    this.#varint(length);
    this.#at += length;
  }

  /** What has been written, as bytes of its own. */
  take(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#at));
  }

  #varint(value: number): void {
    let rest = value;
    // Bit operations of JavaScript end at 31 bits.
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) this.#buffer[this.#at++] = (rest % 128) | 128;
    for (; rest > 127; rest >>>= 7) this.#buffer[this.#at++] = (rest & 127) | 128;
    this.#buffer[this.#at++] = rest;
  }

  #wide(value: bigint): void {
    let rest = value;
    for (; rest > 127n; rest >>= 7n) this.#buffer[this.#at++] = Number(rest & 127n) | 128;
    this.#buffer[this.#at++] = Number(rest);
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

/** Of a length: below 2³¹. */
function varintSize(value: number): number {
  if (value < 2 ** 7) return 1;
  if (value < 2 ** 14) return 2;
  if (value < 2 ** 21) return 3;
  return value < 2 ** 28 ? 4 : 5;
}

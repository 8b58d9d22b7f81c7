import { DELIMITED, VARINT } from './output.ts';

const FIXED64 = 1;
const FIXED32 = 5;

const EMPTY: Buffer = Buffer.alloc(0);

/** A protobuf message as it is read: in place, field by field, from `at` to `end`. */
export class Input {
  readonly #buffer: Buffer;
  #at = 0;
  #end: number;
  /** How the value of the field that was named last is written. */
  #type = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
    this.#end = buffer.length;
  }

  /** The number of the next field of the message; 0 at its end. */
  field(): number {
    if (this.#at >= this.#end) return 0;
    const tag = this.number();
    this.#type = tag & 7;
    return tag >>> 3;
  }

  /** @returns exact up to 2⁵³, as all revisions and counts are */
  number(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      if (this.#at >= this.#end) throw truncated();
      const byte = this.#buffer[this.#at++]!;
      if (byte < 128) return value + byte * factor;
      value += (byte & 127) * factor;
      factor *= 128;
    }
  }

  /** An integer of 64 bits, signed, in decimal: ids of leases do not fit a double. */
  decimal(): string {
    const start = this.#at;
    const value = this.number();
    if (value <= Number.MAX_SAFE_INTEGER) return String(value);
    let wide = 0n;
    for (let at = this.#at - 1; at >= start; at--) wide = (wide << 7n) | BigInt(this.#buffer[at]! & 127);
    return BigInt.asIntN(64, wide).toString();
  }

  text(): string {
    const end = this.#delimited();
    const text = this.#buffer.toString('utf8', this.#at, end);
    this.#at = end;
    return text;
  }

  /** A view, not a copy: who keeps it keeps the whole message. */
  bytes(): Buffer {
    const end = this.#delimited();
    const bytes = end === this.#at ? EMPTY : this.#buffer.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** Goes into a nested message. @returns what `leave` takes to go on behind it */
  enter(): number {
    const outer = this.#end;
    this.#end = this.#delimited();
    return outer;
  }

  leave(outer: number): void {
    this.#at = this.#end;
    this.#end = outer;
  }

  /** Passes over the value of a field that is not known. */
  skip(): void {
    const type = this.#type;
    if (type === VARINT) this.number();
    else if (type === DELIMITED) this.#at = this.#delimited();
    else if (type === FIXED64) this.#at += 8;
    else if (type === FIXED32) this.#at += 4;
    else throw new RangeError(`a field of the unknown wire type ${type}`);
    if (this.#at > this.#end) throw truncated();
  }

  /** Where what begins here ends. */
  #delimited(): number {
    const length = this.number();
    const end = this.#at + length;
    if (end > this.#end) throw truncated();
    return end;
  }
}

const truncated = () => new RangeError('a message ends too early');

// Bytes being written: one buffer that grows and is used again, so that writing a value allocates nothing but its result.

import { StreamsError } from "../errors.ts";

const initialBytes = 1_024;

/** A cursor over a growing buffer. */
export class ByteSink {
  #buffer = Buffer.allocUnsafeSlow(initialBytes);
  #at = 0;

  /** Forgets what was written; the buffer stays. */
  reset(): void {
    this.#at = 0;
  }

  /** A copy of what was written. */
  taken(): Buffer {
    return Buffer.copyBytesFrom(this.#buffer, 0, this.#at);
  }

  byte(value: number): void {
    if (this.#at === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#at++] = value;
  }

  /** Seven bits a byte, lowest first. @param value whole, from 0 to 2^53 - 1 */
  varuint(value: number): void {
    if (this.#at + 8 > this.#buffer.length) this.#grow(8);
    const buffer = this.#buffer;
    let rest = value;
    while (rest > 0x7f) {
      buffer[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    buffer[this.#at++] = rest;
  }

  /** Zigzag: small numbers of both signs are short. The doubled number of the usual formula would not be exact. */
  varint(value: number): void {
    if (this.#at + 9 > this.#buffer.length) this.#grow(9);
    const sign = value < 0 ? 1 : 0;
    const magnitude = sign === 1 ? -value - 1 : value;
    const rest = Math.floor(magnitude / 64);
    this.#buffer[this.#at++] = ((magnitude % 64) << 1) | sign | (rest > 0 ? 0x80 : 0);
    if (rest > 0) this.varuint(rest);
  }

  float64(value: number): void {
    if (this.#at + 8 > this.#buffer.length) this.#grow(8);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  /** UTF-8 with its length; UTF-16 for what UTF-8 does not hold, halves of surrogate pairs. */
  text(value: string): void {
    if (!value.isWellFormed()) {
      const bytes = Buffer.from(value, "utf16le");
      this.varuint(bytes.length * 2 + 1);
      this.bytes(bytes);
      return;
    }
    const length = Buffer.byteLength(value, "utf8");
    this.varuint(length * 2);
    if (this.#at + length > this.#buffer.length) this.#grow(length);
    this.#at += this.#buffer.write(value, this.#at, length, "utf8");
  }

  bytes(value: Uint8Array): void {
    if (this.#at + value.length > this.#buffer.length) this.#grow(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  #grow(more: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#at + more));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

/** Bytes being read. Every length is checked against what is there before anything is made of it. */
export class ByteSource {
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Begins anew. */
  open(bytes: Uint8Array): void {
    this.#buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
  }

  get left(): number {
    return this.#buffer.length - this.#at;
  }

  byte(): number {
    const value = this.#buffer[this.#at];
    if (value === undefined) throw this.refusal("they end too early");
    this.#at++;
    return value;
  }

  varuint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw this.refusal("a number is too large");
      if (byte < 0x80) return value;
      if (scale > 2 ** 49) throw this.refusal("a number is too long");
    }
  }

  varint(): number {
    const first = this.byte();
    const rest = first < 0x80 ? 0 : this.varuint();
    const magnitude = rest * 64 + ((first & 0x7f) >> 1);
    const value = (first & 1) === 1 ? -magnitude - 1 : magnitude;
    if (!Number.isSafeInteger(value)) throw this.refusal("a number is too large");
    return value;
  }

  float64(): number {
    if (this.left < 8) throw this.refusal("they end too early");
    const value = this.#buffer.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  text(): string {
    const header = this.varuint();
    const length = Math.floor(header / 2);
    if (length > this.left) throw this.refusal("a text is longer than they are");
    const from = this.#at;
    this.#at += length;
    return this.#buffer.toString(header % 2 === 0 ? "utf8" : "utf16le", from, this.#at);
  }

  /** A copy. */
  bytes(): Buffer {
    const length = this.varuint();
    if (length > this.left) throw this.refusal("a piece is longer than they are");
    const from = this.#at;
    this.#at += length;
    return Buffer.copyBytesFrom(this.#buffer, from, length);
  }

  /** How many items follow. @param itemBytesMin least bytes of one, at least 1 */
  count(itemBytesMin: number): number {
    const count = this.varuint();
    if (count * itemBytesMin > this.left) throw this.refusal("a list is longer than they are");
    return count;
  }

  refusal(what: string): StreamsError {
    return new StreamsError(
      "STREAMS_BYTES_UNREADABLE",
      `Reading a value from ${this.#buffer.length} bytes failed at byte ${this.#at}: ${what}.`,
    );
  }
}

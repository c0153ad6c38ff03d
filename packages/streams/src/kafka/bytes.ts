// Reading and writing Kafka's primitive types.
//
// Source of the encodings: https://kafka.apache.org/protocol#protocol_types and, for the zigzag varints inside
// record batches, https://kafka.apache.org/documentation/#recordbatch. Offsets and times are numbers: exact to
// 2^53, which a log would reach after 285 million years at a million records a second. Producer ids stay bigint.

/** From this length on bytes are sent from where they lie: a copy costs more than one more entry of the socket's list. */
const attachedBytesMin = 4_096;

/** Writes a request body. Grows as needed; what it returns are views, valid until the next write. */
export class ByteWriter {
  #buffer: Buffer;
  #at = 0;
  /** Pieces before the one that is being written, and where that one begins. */
  readonly #pieces: Buffer[] = [];
  #from = 0;

  constructor(initialBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(initialBytes);
  }

  /** What was written, as one. */
  bytes(): Buffer {
    const last = this.#buffer.subarray(this.#from, this.#at);
    return this.#pieces.length === 0 ? last : Buffer.concat([...this.#pieces, last]);
  }

  /** What was written, to be sent one after the other; bytes given by {@link attached} are among them uncopied. */
  pieces(): readonly Buffer[] {
    return [...this.#pieces, this.#buffer.subarray(this.#from, this.#at)];
  }

  int8(value: number): this {
    this.#reserve(1);
    this.#at = this.#buffer.writeInt8(value, this.#at);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  int16(value: number): this {
    this.#reserve(2);
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
    return this;
  }

  int32(value: number): this {
    this.#reserve(4);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
    return this;
  }

  int64(value: number | bigint): this {
    this.#reserve(8);
    this.#at = this.#buffer.writeBigInt64BE(BigInt(value), this.#at);
    return this;
  }

  /** UNSIGNED_VARINT. */
  uvarint(value: number): this {
    this.#reserve(5);
    let rest = value;
    while (rest > 0x7f) {
      this.#buffer[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#at++] = rest;
    return this;
  }

  /** STRING, or NULLABLE_STRING for null. */
  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const length = Buffer.byteLength(value);
    this.int16(length);
    this.#reserve(length);
    this.#at += this.#buffer.write(value, this.#at);
    return this;
  }

  /** COMPACT_STRING, or COMPACT_NULLABLE_STRING for null. */
  compactString(value: string | null): this {
    if (value === null) return this.uvarint(0);
    const length = Buffer.byteLength(value);
    this.uvarint(length + 1);
    this.#reserve(length);
    this.#at += this.#buffer.write(value, this.#at);
    return this;
  }

  /** COMPACT_BYTES and COMPACT_RECORDS. */
  compactBytes(value: Uint8Array): this {
    this.uvarint(value.length + 1);
    return this.raw(value);
  }

  /** COMPACT_RECORDS: long ones are not copied, and must not change until the request is answered. */
  attached(value: Buffer): this {
    if (value.length < attachedBytesMin) return this.compactBytes(value);
    this.uvarint(value.length + 1);
    this.#pieces.push(this.#buffer.subarray(this.#from, this.#at), value);
    this.#from = this.#at;
    return this;
  }

  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  /** ARRAY. */
  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }

  /** COMPACT_ARRAY. */
  compactArray<T>(items: readonly T[], write: (item: T) => void): this {
    this.uvarint(items.length + 1);
    for (const item of items) write(item);
    return this;
  }

  /** An empty TAG_BUFFER. */
  noTags(): this {
    return this.uvarint(0);
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#buffer.length) return;
    const written = this.#at - this.#from;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, written + count));
    this.#buffer.copy(grown, 0, this.#from, this.#at);
    this.#buffer = grown;
    this.#from = 0;
    this.#at = written;
  }
}

/** Reads a response body. Reading past the end throws a RangeError. */
export class ByteReader {
  readonly buffer: Buffer;
  at: number;

  constructor(buffer: Buffer, at = 0) {
    this.buffer = buffer;
    this.at = at;
  }

  int8(): number {
    const value = this.buffer.readInt8(this.at);
    this.at += 1;
    return value;
  }

  int16(): number {
    const value = this.buffer.readInt16BE(this.at);
    this.at += 2;
    return value;
  }

  int32(): number {
    const value = this.buffer.readInt32BE(this.at);
    this.at += 4;
    return value;
  }

  int64(): number {
    const value = this.buffer.readInt32BE(this.at) * 0x1_0000_0000 + this.buffer.readUInt32BE(this.at + 4);
    this.at += 8;
    return value;
  }

  bigint64(): bigint {
    const value = this.buffer.readBigInt64BE(this.at);
    this.at += 8;
    return value;
  }

  uvarint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.buffer.readUInt8(this.at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  /** Zigzag VARINT or VARLONG, exact below 2^53. */
  varint(): number {
    const value = this.uvarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.#text(length);
  }

  compactString(): string | null {
    const length = this.uvarint() - 1;
    return length < 0 ? null : this.#text(length);
  }

  /** BYTES and RECORDS, as a view. */
  bytes(): Buffer | null {
    const length = this.int32();
    return length < 0 ? null : this.view(length);
  }

  /** The next `length` bytes, as a view. */
  view(length: number): Buffer {
    const end = this.at + length;
    if (end > this.buffer.length)
      throw new RangeError(`${length} bytes wanted at ${this.at} of ${this.buffer.length}`);
    const value = this.buffer.subarray(this.at, end);
    this.at = end;
    return value;
  }

  array<T>(read: () => T): T[] {
    return this.#items(this.int32(), read);
  }

  compactArray<T>(read: () => T): T[] {
    return this.#items(this.uvarint() - 1, read);
  }

  /** A TAG_BUFFER: bytes by tag. */
  tags(): ReadonlyMap<number, Buffer> {
    const tags = new Map<number, Buffer>();
    for (let left = this.uvarint(); left > 0; left--) {
      const tag = this.uvarint();
      tags.set(tag, this.view(this.uvarint()));
    }
    return tags;
  }

  #text(length: number): string {
    return this.view(length).toString("utf8");
  }

  #items<T>(count: number, read: () => T): T[] {
    const items: T[] = [];
    for (let left = count; left > 0; left--) items.push(read());
    return items;
  }
}

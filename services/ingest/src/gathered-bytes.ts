// Bytes that come in pieces, as one.
//
//   G1. However small the pieces are, at most about twice the bytes are held, and never a piece itself: a client that sends one
//       byte at a time would otherwise have each of them kept in an object of some hundred bytes.

/** The least that is made room for where more is to come, in bytes. */
const roomMin = 1_024;
const nothing = Buffer.alloc(0);

/** Gathers pieces. */
export class GatheredBytes {
  #room: Buffer = nothing;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What is held for them, in bytes. */
  get held(): number {
    return this.#room.length;
  }

  /** Copies the piece behind those before it. */
  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#room.length) this.#makeRoom(length);
    this.#room.set(piece, this.#length);
    this.#length = length;
  }

  /** All of them, which are forgotten here. */
  take(): Buffer {
    const taken = this.#room.subarray(0, this.#length);
    this.clear();
    return taken;
  }

  clear(): void {
    this.#room = nothing;
    this.#length = 0;
  }

  /** The first piece is mostly the whole, and gets what it needs. */
  #makeRoom(length: number): void {
    const room = this.#length === 0 ? length : Math.max(length, 2 * this.#room.length, roomMin);
    const made = Buffer.allocUnsafe(room);
    made.set(this.#room.subarray(0, this.#length));
    this.#room = made;
  }
}

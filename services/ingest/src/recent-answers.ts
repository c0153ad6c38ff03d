// What was answered 202 a moment ago, so that a repeat is answered like the first without being sent again.
//
//   M1. Only what every in-sync replica has is remembered. So a repeat may be told 202: the record is there.
//   M2. Memory is bounded in bytes; the oldest goes first. What is forgotten is sent again, and the filter knows it.
//   M3. It is a help and not the truth: it is empty after a restart, and each replica has its own. What it says is told to
//       the client and to the filter alike (intake.ts, I3), so the two never differ; of what it has forgotten the filter
//       alone decides.
//   M4. It knows ids alone: the same id of another account is a conflict here, since the value names the account.

/** What a transaction is to those that were answered before. */
export type Recollection =
  | "new"
  /** The same id and content. */
  | "repeat"
  /** The same id with other content, be it another account. */
  | "conflict";

/** What a Map's entry, two strings' heads and a view take beside their contents, about. */
const entryOverheadBytes = 250;

/** The answers of the last while. */
export class RecentAnswers {
  readonly #bytesMax: number;
  readonly #values = new Map<string, Uint8Array>();
  #bytes = 0;

  /** @param bytesMax memory to use; 0 remembers nothing */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Entries it holds. */
  get size(): number {
    return this.#values.size;
  }

  /** Bytes that these take, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param value the canonical bytes of the transaction: equal content has equal bytes (contracts, X2) */
  judge(id: string, value: Uint8Array): Recollection {
    if (this.#bytesMax === 0) return "new";
    const known = this.#values.get(id);
    if (known === undefined) return "new";
    return Buffer.compare(known, value) === 0 ? "repeat" : "conflict";
  }

  /** To be called when every in-sync replica has it. The first content of an id is the one that is remembered. */
  remember(id: string, value: Uint8Array): void {
    if (this.#bytesMax === 0) return;
    if (this.#values.has(id)) return;
    this.#values.set(id, value);
    this.#bytes += sizeOf(id, value);
    for (const [oldId, old] of this.#values) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#values.delete(oldId);
      this.#bytes -= sizeOf(oldId, old);
    }
  }
}

const sizeOf = (id: string, value: Uint8Array): number => id.length + value.length + entryOverheadBytes;

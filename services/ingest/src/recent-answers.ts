// What was answered 202 a moment ago, so that a repeat is answered like the first without being sent again.
//
//   M1. Only what every in-sync replica has is remembered. So a repeat may be told 202: the record is there.
//   M2. Memory is bounded in bytes; the oldest goes first. What is forgotten is sent again, and the filter knows it.
//   M3. It is a help and not the truth: it is empty after a restart, and each replica has its own. Whether a
//       transaction counts is decided by the filter alone, as if this file were not there.

/** What a transaction is to those that were answered before. */
export type Recollection =
  | "new"
  /** The same id and content of one account. */
  | "repeat"
  /** The same id and account with other content. */
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
  judge(accountId: string, id: string, value: Uint8Array): Recollection {
    if (this.#bytesMax === 0) return "new";
    const known = this.#values.get(keyOf(accountId, id));
    if (known === undefined) return "new";
    return Buffer.compare(known, value) === 0 ? "repeat" : "conflict";
  }

  /** To be called when every in-sync replica has it. The first content of an id is the one that is remembered. */
  remember(accountId: string, id: string, value: Uint8Array): void {
    if (this.#bytesMax === 0) return;
    const key = keyOf(accountId, id);
    if (this.#values.has(key)) return;
    this.#values.set(key, value);
    this.#bytes += sizeOf(key, value);
    for (const [oldKey, old] of this.#values) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#values.delete(oldKey);
      this.#bytes -= sizeOf(oldKey, old);
    }
  }
}

/** Neither part can hold a line break. */
const keyOf = (accountId: string, id: string): string => `${accountId}\n${id}`;
const sizeOf = (key: string, value: Uint8Array): number => key.length + value.length + entryOverheadBytes;

// Whether a local copy is what its changelog says: byte for byte, key by key.
//
//   X1. Compared are two ways to the same state: the copy with what the changelog has from its offset on, as a restart reads
//       it, and the changelog alone from its start, as a restart without the disk reads it. They are equal exactly when
//       it makes no difference which of them a restart takes.
//       (test/unit/state/copy-comparison.test.ts)

import { hash } from "node:crypto";

/** How a key differs. */
export type DifferenceKind = "differs" | "only-on-disk" | "only-in-changelog";

/** One key that differs. Keys are accounts: they are named by a hash. */
export interface CopyDifference {
  readonly kind: DifferenceKind;
  /** First 16 hexadecimal digits of the key's SHA-256. */
  readonly keyHash: string;
}

/** What comparing a store came to. */
export interface ComparedCopy {
  /** Entries of the copy. */
  readonly onDisk: number;
  /** Entries that the changelog alone comes to. */
  readonly inChangelog: number;
  /** Records of the changelog that were read, and how many of them follow the copy's offset. */
  readonly records: number;
  readonly recordsAfter: number;
  /** Keys with the same bytes both ways. */
  readonly equal: number;
  /** By hash. */
  readonly differences: readonly CopyDifference[];
}

type Entries = Iterable<readonly [key: Uint8Array, value: Uint8Array]>;

/** Compares one store. Give it every committed record of the changelog, in order. */
export class CopyComparison {
  readonly #offset: number;
  readonly #onDisk: number;
  /** The copy, and what follows its offset. Keys are bytes, one character each. */
  readonly #continued = new Map<string, Uint8Array>();
  readonly #replayed = new Map<string, Uint8Array>();
  #records = 0;
  #recordsAfter = 0;

  /** @param offset where the changelog goes on after the copy */
  constructor(copy: Entries, offset: number) {
    this.#offset = offset;
    for (const [key, value] of copy) this.#continued.set(nameOf(key), value);
    this.#onDisk = this.#continued.size;
  }

  record(offset: number, key: Uint8Array | null, value: Uint8Array | null): void {
    const name = nameOf(key ?? new Uint8Array());
    this.#records++;
    apply(this.#replayed, name, value);
    if (offset < this.#offset) return;
    this.#recordsAfter++;
    apply(this.#continued, name, value);
  }

  result(): ComparedCopy {
    const differences: CopyDifference[] = [];
    let equal = 0;
    for (const [name, value] of this.#replayed) {
      const continued = this.#continued.get(name);
      if (continued === undefined) differences.push(difference("only-in-changelog", name));
      else if (Buffer.compare(continued, value) !== 0) differences.push(difference("differs", name));
      else equal++;
    }
    for (const name of this.#continued.keys())
      if (!this.#replayed.has(name)) differences.push(difference("only-on-disk", name));
    return {
      onDisk: this.#onDisk,
      inChangelog: this.#replayed.size,
      records: this.#records,
      recordsAfter: this.#recordsAfter,
      equal,
      differences: differences.toSorted((a, b) => (a.keyHash < b.keyHash ? -1 : 1)),
    };
  }
}

const nameOf = (key: Uint8Array): string => Buffer.from(key).toString("latin1");

const apply = (entries: Map<string, Uint8Array>, name: string, value: Uint8Array | null): void => {
  if (value === null) entries.delete(name);
  else entries.set(name, value);
};

const difference = (kind: DifferenceKind, name: string): CopyDifference => ({
  kind,
  keyHash: hash("sha256", Buffer.from(name, "latin1"), "hex").slice(0, 16),
});

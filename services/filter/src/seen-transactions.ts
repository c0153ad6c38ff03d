// Which transactions have come before, by account and id: duplicate suppression.
//
//   S1. A transaction counts as seen by a record if and only if the first of its account and id came at a `cameMs` for
//       which `cameMs > stream time - horizon`, stream time being that at the record, and `cameMs` the later of the
//       first one's event time and the stream time when it came. So what counts is a function of the records before,
//       never of when entries are removed, of batches or of restarts; and one that was old when it came is known for as
//       long as any other.
//   S2. The first record is the one that counts; a repeat neither replaces nor prolongs it.
//   S3. Accounts do not share ids here: whether two of them lie in one partition changes nothing.
//   S4. Entries that cannot count any more are removed, a few seconds of event time at once.

import { hash } from "node:crypto";
import { type Transaction, toTransaction } from "@riffle/contracts";
import { DueIndex, type KeyValueStore } from "@riffle/streams";

/** What is remembered of a transaction. */
export interface Sighting {
  /** Event time, epoch milliseconds. */
  readonly at: number;
  /** When it came: the later of its event time and the stream time then, epoch milliseconds. */
  readonly cameMs: number;
  /** {@link fingerprintOf} its content. */
  readonly fingerprint: string;
}

/** What a transaction is to those before it. */
export type Verdict =
  | { readonly kind: "new" }
  | { readonly kind: "duplicate" | "conflict"; readonly first: Sighting };

/**
 * 132 bits of SHA-256 over the transaction's canonical form: equal content, equal fingerprint, whatever the order of
 * its fields.
 */
export const fingerprintOf = (transaction: Transaction): string =>
  hash("sha256", JSON.stringify(toTransaction(transaction)), "base64url").slice(0, 22);

/**
 * Entries are removed when the ten seconds they expire in have passed: at 24 hours that keeps 8,640 sets instead of
 * one timer an id, and at most 0.01 % more entries than needed.
 */
const evictionStepMs = 10_000;

/** The key of a transaction. Neither part can hold a space. */
const keyOf = ({ accountId, id }: Transaction): string => `${accountId} ${id}`;

/** The transactions one task has seen. Build it from a restored store; it reads every entry once. */
export class SeenTransactions {
  readonly #store: KeyValueStore<Sighting>;
  readonly #horizonMs: number;
  readonly #expiring = new DueIndex();

  /** @param horizonMs stream time for which a transaction is remembered, milliseconds, at least 1 */
  constructor(store: KeyValueStore<Sighting>, horizonMs: number) {
    this.#store = store;
    this.#horizonMs = horizonMs;
    for (const [key, { cameMs }] of store.entries()) this.#expiring.add(this.#evictionMs(cameMs), key);
  }

  /**
   * Whether the transaction came before, and remembers it if it did not.
   *
   * @param atMs its event time, epoch milliseconds
   * @param streamTimeMs the task's stream time with this record taken in
   */
  judge(transaction: Transaction, atMs: number, streamTimeMs: number): Verdict {
    this.evictDue(streamTimeMs);
    const key = keyOf(transaction);
    const fingerprint = fingerprintOf(transaction);
    const first = this.#store.get(key);
    if (first !== undefined && this.#counts(first, streamTimeMs)) {
      return { kind: first.fingerprint === fingerprint ? "duplicate" : "conflict", first };
    }
    const cameMs = Math.max(atMs, streamTimeMs);
    this.#store.put(key, { at: atMs, cameMs, fingerprint });
    this.#expiring.add(this.#evictionMs(cameMs), key);
    return { kind: "new" };
  }

  /** Removes entries that cannot count any more. Cheap when there is none. */
  evictDue(streamTimeMs: number): void {
    for (let due = this.#expiring.takeDue(streamTimeMs); due; due = this.#expiring.takeDue(streamTimeMs)) {
      for (const key of due.keys) {
        const sighting = this.#store.get(key);
        // One that expired and came again before its eviction has a later time of its own.
        if (sighting !== undefined && !this.#counts(sighting, streamTimeMs)) this.#store.delete(key);
      }
    }
  }

  #counts({ cameMs }: Sighting, streamTimeMs: number): boolean {
    return cameMs > streamTimeMs - this.#horizonMs;
  }

  #evictionMs(cameMs: number): number {
    return Math.ceil((cameMs + this.#horizonMs) / evictionStepMs) * evictionStepMs;
  }
}

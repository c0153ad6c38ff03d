// Which transactions have come before, by id: duplicate suppression.
//
//   S1. An id counts as seen by a record if and only if it was recorded with an event time `at` for which
//       `at > stream time - horizon`, stream time being that at the record. So what counts is a function of the
//       records before, never of when entries are removed, of batches or of restarts.
//   S2. The first record of an id is the one that counts; a repeat neither replaces nor prolongs it.
//   S3. A record that is itself at or before the horizon cannot be recognised again and is not remembered.
//   S4. Entries that cannot count any more are removed, a few seconds of event time at once.
//
// Ids are remembered per task, that is per partition: an id reused by an account of another partition is not noticed.

import { hash } from "node:crypto";
import { type Transaction, toTransaction } from "@riffle/contracts";
import { DueIndex, type KeyValueStore } from "@riffle/streams";

/** What is remembered of a transaction. */
export interface Sighting {
  /** Event time, epoch milliseconds. */
  readonly at: number;
  /** {@link fingerprintOf} its content. */
  readonly fingerprint: string;
}

/** What an id is to the ids before it. */
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

/** The ids one task has seen. Build it from a restored store; it reads every entry once. */
export class SeenTransactions {
  readonly #store: KeyValueStore<Sighting>;
  readonly #horizonMs: number;
  readonly #expiring = new DueIndex();

  /** @param horizonMs stream time for which an id is remembered, milliseconds, at least 1 */
  constructor(store: KeyValueStore<Sighting>, horizonMs: number) {
    this.#store = store;
    this.#horizonMs = horizonMs;
    for (const [id, { at }] of store.entries()) this.#expiring.add(this.#evictionMs(at), id);
  }

  /**
   * Whether the transaction came before, and remembers it if it did not.
   *
   * @param sighting its event time and fingerprint
   * @param streamTimeMs the task's stream time with this record taken in
   */
  judge(id: string, sighting: Sighting, streamTimeMs: number): Verdict {
    this.evictDue(streamTimeMs);
    const first = this.#store.get(id);
    if (first !== undefined && this.#counts(first, streamTimeMs)) {
      return { kind: first.fingerprint === sighting.fingerprint ? "duplicate" : "conflict", first };
    }
    if (this.#counts(sighting, streamTimeMs)) {
      this.#store.put(id, sighting);
      this.#expiring.add(this.#evictionMs(sighting.at), id);
    }
    return { kind: "new" };
  }

  /** Removes entries that cannot count any more. Cheap when there is none. */
  evictDue(streamTimeMs: number): void {
    for (let due = this.#expiring.takeDue(streamTimeMs); due; due = this.#expiring.takeDue(streamTimeMs)) {
      for (const id of due.keys) {
        const sighting = this.#store.get(id);
        // An id that expired and came again before its eviction has a later time of its own.
        if (sighting !== undefined && !this.#counts(sighting, streamTimeMs)) this.#store.delete(id);
      }
    }
  }

  #counts({ at }: Sighting, streamTimeMs: number): boolean {
    return at > streamTimeMs - this.#horizonMs;
  }

  #evictionMs(at: number): number {
    return Math.ceil((at + this.#horizonMs) / evictionStepMs) * evictionStepMs;
  }
}

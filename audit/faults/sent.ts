// What was sent, by id: what ingest's topic may hold, and nothing else.

import type { Transaction } from "@riffle/contracts";
import { contentOf } from "../model/record-lines.ts";

/** Contents by id: the first, and those that came later under the same id. */
export class Sent {
  readonly #first = new Map<string, Transaction>();
  readonly #others = new Map<string, Transaction[]>();

  /** @returns the transaction, as it is to be sent */
  add(transaction: Transaction): Transaction {
    const { id } = transaction;
    const first = this.#first.get(id);
    if (first === undefined) this.#first.set(id, transaction);
    else if (first !== transaction && contentOf(first) !== contentOf(transaction))
      this.#others.set(id, [...(this.#others.get(id) ?? []), transaction]);
    return transaction;
  }

  /** Whether an id came with more than one content. */
  isContradicted(id: string): boolean {
    return this.#others.has(id);
  }

  /** Whether this content was sent under its id. */
  has(transaction: Transaction): boolean {
    const first = this.#first.get(transaction.id);
    if (first === undefined) return false;
    const content = contentOf(transaction);
    return [first, ...(this.#others.get(transaction.id) ?? [])].some((one) => contentOf(one) === content);
  }
}

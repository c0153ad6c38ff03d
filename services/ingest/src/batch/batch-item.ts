// One transaction of a batch, as it is cut out of the body.

/** The largest transaction, in bytes; alone or in a batch. */
export const transactionBytesMax = 64 * 1024;

/** The bytes of a transaction, or why there are none. */
export type BatchItem =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large" }
  /** Only of a list: from here on nobody can tell where a transaction begins. The last one. */
  | { readonly kind: "broken"; readonly code: string; readonly message: string };

/** Cuts a body into its transactions as it arrives. Keeps at most one transaction's bytes. */
export interface BatchSplitter {
  /** The transactions that end in this chunk, each under its number from 1. */
  push(chunk: Uint8Array, take: TakeItem): void;
  /** What the end of the body ends. */
  end(take: TakeItem): void;
}

/** @param line the number of the line, or of the element of the list, from 1 */
export type TakeItem = (line: number, item: BatchItem) => void;

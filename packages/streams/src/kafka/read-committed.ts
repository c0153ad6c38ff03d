// What a read-committed reader may see of a fetch.
//
// The broker lists the aborted transactions that touch the fetched range in the order in which they *ended*, so
// the list is sorted by first offset before it is walked (as Kafka's own client does, CompletedFetch). A producer
// is aborted from the first offset listed for it until its abort marker. Markers are known by the control bit of
// their batch, never by a key.

import type { RawRecord } from "../worker/record.ts";
import { type DecodedBatch, readRecords } from "./record-batch.ts";

/** An entry of a fetch response's list of aborted transactions. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/**
 * The records of committed transactions and of no transaction, in offset order.
 *
 * @param batches as fetched, in offset order
 * @param aborted the response's list, in any order
 * @param fromOffset records below it are skipped: a fetch begins with the whole batch that holds its offset
 */
export const committedRecords = (
  batches: readonly DecodedBatch[],
  aborted: readonly AbortedTransaction[],
  fromOffset: number,
): RawRecord[] => {
  const records: RawRecord[] = [];
  const upcoming = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const abortedProducers = new Set<bigint>();
  let next = 0;
  for (const batch of batches) {
    for (; next < upcoming.length; next++) {
      const transaction = upcoming[next] as AbortedTransaction;
      if (transaction.firstOffset > batch.lastOffset) break;
      abortedProducers.add(transaction.producerId);
    }
    if (batch.control) {
      if (batch.abort) abortedProducers.delete(batch.producerId);
    } else if (!batch.transactional || !abortedProducers.has(batch.producerId)) {
      readRecords(batch, fromOffset, records);
    }
  }
  return records;
};

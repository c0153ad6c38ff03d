// ListTransactions (66), version 0 (KIP-664): the transactional ids whose transactions a broker coordinates. Asked of every
// broker.
//
//   request  => [state_filters COMPACT_STRING], [producer_id_filters INT64], TAGS
//   response => throttle_time_ms INT32, error_code INT16, [unknown_state_filters COMPACT_STRING],
//               [transaction_states: transactional_id COMPACT_STRING, producer_id INT64,
//               transaction_state COMPACT_STRING, TAGS], TAGS

import { ByteWriter } from "../bytes.ts";
import type { KafkaRequest } from "./request.ts";

/** A transactional id that a broker knows. */
export interface ListedTransaction {
  readonly transactionalId: string;
  readonly producerId: bigint;
  /** `Ongoing`, `Empty`, `CompleteCommit` and so on. */
  readonly state: string;
}

export const listTransactions = (
  producerIds: readonly bigint[],
): KafkaRequest<{ readonly errorCode: number; readonly transactions: readonly ListedTransaction[] }> => {
  const body = new ByteWriter().noTags();
  body.compactArray([], () => {});
  body.compactArray(producerIds, (producerId) => {
    body.int64(producerId);
  });
  return {
    api: "ListTransactions",
    apiKey: 66,
    apiVersion: 0,
    body: body.noTags().bytes(),
    decode: (read) => {
      read.tags();
      read.int32();
      const errorCode = read.int16();
      read.compactArray(() => read.compactString());
      const transactions = read.compactArray(() => {
        const transactionalId = read.compactString() ?? "";
        const producerId = read.bigint64();
        const state = read.compactString() ?? "";
        read.tags();
        return { transactionalId, producerId, state };
      });
      return { errorCode, transactions };
    },
  };
};

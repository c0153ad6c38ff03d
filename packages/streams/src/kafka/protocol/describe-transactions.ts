// DescribeTransactions (65), version 0 (KIP-664): one transaction as its coordinator has it.
//
//   request  => [transactional_ids COMPACT_STRING], TAGS
//   response => throttle_time_ms INT32, [transaction_states: error_code INT16, transactional_id COMPACT_STRING,
//               transaction_state COMPACT_STRING, transaction_timeout_ms INT32, transaction_start_time_ms INT64,
//               producer_id INT64, producer_epoch INT16, [topics: topic COMPACT_STRING, [partitions INT32], TAGS],
//               TAGS], TAGS

import { ByteWriter } from "../bytes.ts";
import type { KafkaRequest } from "./request.ts";

/** A transaction. */
export interface DescribedTransaction {
  readonly errorCode: number;
  readonly state: string;
  /** After it the coordinator aborts the transaction. */
  readonly timeoutMs: number;
  /** Epoch milliseconds by the coordinator's clock; -1 when none is open. */
  readonly startedAtMs: number;
}

export const describeTransaction = (transactionalId: string): KafkaRequest<DescribedTransaction> => {
  const body = new ByteWriter().noTags();
  body.compactArray([transactionalId], (id) => {
    body.compactString(id);
  });
  return {
    api: "DescribeTransactions",
    apiKey: 65,
    apiVersion: 0,
    body: body.noTags().bytes(),
    decode: (read) => {
      read.tags();
      read.int32();
      // One was asked for; what follows its times is not read.
      read.uvarint();
      const errorCode = read.int16();
      read.compactString();
      const state = read.compactString() ?? "";
      return { errorCode, state, timeoutMs: read.int32(), startedAtMs: read.int64() };
    },
  };
};

// InitProducerId (22), version 4: a producer id for a transactional id, its older owners fenced, its open
// transaction aborted.
//
//   request  => transactional_id COMPACT_NULLABLE_STRING, transaction_timeout_ms INT32, producer_id INT64,
//               producer_epoch INT16, TAGS
//   response => throttle_time_ms INT32, error_code INT16, producer_id INT64, producer_epoch INT16, TAGS

import { ByteWriter } from "../bytes.ts";
import type { KafkaRequest } from "./request.ts";

/** A producer id and its epoch. */
export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** @param transactionalId `null` for an idempotent producer without transactions */
export const initProducerId = (
  transactionalId: string | null,
  transactionTimeoutMs: number,
): KafkaRequest<ProducerIdentity & { readonly errorCode: number }> => ({
  api: "InitProducerId",
  apiKey: 22,
  apiVersion: 4,
  body: new ByteWriter()
    .noTags()
    .compactString(transactionalId)
    .int32(transactionTimeoutMs)
    .int64(-1)
    .int16(-1)
    .noTags()
    .bytes(),
  decode: (read) => {
    read.tags();
    read.int32();
    return { errorCode: read.int16(), producerId: read.bigint64(), producerEpoch: read.int16() };
  },
});

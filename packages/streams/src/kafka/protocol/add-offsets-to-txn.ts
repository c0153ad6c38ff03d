// AddOffsetsToTxn (25), version 3.
//
//   request  => transactional_id COMPACT_STRING, producer_id INT64, producer_epoch INT16, group_id COMPACT_STRING, TAGS
//   response => throttle_time_ms INT32, error_code INT16, TAGS

import { ByteWriter } from "../bytes.ts";
import type { KafkaRequest } from "./request.ts";
import type { TransactionOwner } from "./txn-offset-commit.ts";

export const addOffsetsToTxn = (
  owner: TransactionOwner,
  groupId: string,
): KafkaRequest<{ readonly errorCode: number }> => ({
  api: "AddOffsetsToTxn",
  apiKey: 25,
  apiVersion: 3,
  body: new ByteWriter()
    .noTags()
    .compactString(owner.transactionalId)
    .int64(owner.producerId)
    .int16(owner.producerEpoch)
    .compactString(groupId)
    .noTags()
    .bytes(),
  decode: (read) => {
    read.tags();
    read.int32();
    return { errorCode: read.int16() };
  },
});

// EndTxn (26), version 5: ends the transaction and bumps the producer's epoch, so that nothing late of this
// transaction can land in the next one (KIP-890). Version 3 leaves the epoch as it is, and its answer ends after the
// error code.
//
//   request  => transactional_id COMPACT_STRING, producer_id INT64, producer_epoch INT16, committed BOOLEAN, TAGS
//   response => throttle_time_ms INT32, error_code INT16, producer_id INT64, producer_epoch INT16, TAGS

import { ByteWriter } from "../bytes.ts";
import type { ProducerIdentity } from "./init-producer-id.ts";
import type { KafkaRequest } from "./request.ts";
import type { TransactionOwner } from "./txn-offset-commit.ts";

const requestOf = (owner: TransactionOwner, committed: boolean): Buffer =>
  new ByteWriter()
    .noTags()
    .compactString(owner.transactionalId)
    .int64(owner.producerId)
    .int16(owner.producerEpoch)
    .boolean(committed)
    .noTags()
    .bytes();

/** Version 5. @param committed false aborts */
export const endTxn = (
  owner: TransactionOwner,
  committed: boolean,
): KafkaRequest<ProducerIdentity & { readonly errorCode: number }> => ({
  api: "EndTxn",
  apiKey: 26,
  apiVersion: 5,
  body: requestOf(owner, committed),
  decode: (read) => {
    read.tags();
    read.int32();
    return { errorCode: read.int16(), producerId: read.bigint64(), producerEpoch: read.int16() };
  },
});

/** Version 3, for clusters below transaction version 2. @param committed false aborts */
export const endTxnWithoutEpochBump = (
  owner: TransactionOwner,
  committed: boolean,
): KafkaRequest<{ readonly errorCode: number }> => ({
  api: "EndTxn",
  apiKey: 26,
  apiVersion: 3,
  body: requestOf(owner, committed),
  decode: (read) => {
    read.tags();
    read.int32();
    return { errorCode: read.int16() };
  },
});

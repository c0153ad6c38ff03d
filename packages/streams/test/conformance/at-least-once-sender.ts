// What the engine would commit with if it promised at-least-once: the other side of a comparison, and of nothing else.
//
// The same records to the same partitions, idempotent but in no transaction, and then the offsets by a plain
// OffsetCommit. A crash between the two repeats the records. Only guarantee-cost.ts uses it.
//
// OffsetCommit (8), version 8:
//
//   request  => group_id COMPACT_STRING, generation_id INT32, member_id COMPACT_STRING,
//               group_instance_id COMPACT_NULLABLE_STRING, [topics] TAGS
//     topics => name COMPACT_STRING, [partitions] TAGS
//       partitions => index INT32, offset INT64, leader_epoch INT32, metadata COMPACT_NULLABLE_STRING, TAGS
//   response => as partition-outcomes.ts reads it

import { ByteWriter } from "../../src/kafka/bytes.ts";
import { Coordinator, failIfRefused } from "../../src/kafka/coordinator.ts";
import type { AtomicCommit, CommittedEnds, TransactionalSender } from "../../src/kafka/ports.ts";
import { chunkRecords, sendBatches } from "../../src/kafka/produce-batches.ts";
import { initProducerId, type ProducerIdentity } from "../../src/kafka/protocol/init-producer-id.ts";
import { type PartitionOutcome, readPartitionOutcomes } from "../../src/kafka/protocol/partition-outcomes.ts";
import { byTopic, type KafkaRequest } from "../../src/kafka/protocol/request.ts";
import {
  type CommitOffset,
  type GroupFence,
  writeOffsets,
} from "../../src/kafka/protocol/txn-offset-commit.ts";
import { encodeRecordBatch } from "../../src/kafka/record-batch.ts";
import type { Wire } from "../../src/kafka/wire.ts";

const deadlineMs = 10_000;

/** Commits at least once. */
export class AtLeastOnceSender implements TransactionalSender {
  readonly #wire: Wire;
  readonly #group: Coordinator;
  readonly #identity: ProducerIdentity;
  readonly #sequences = new Map<string, number>();

  private constructor(wire: Wire, groupId: string, identity: ProducerIdentity) {
    this.#wire = wire;
    this.#group = new Coordinator(wire, "group", groupId);
    this.#identity = identity;
  }

  static async open(wire: Wire, groupId: string): Promise<AtLeastOnceSender> {
    const identity = await wire.send(await wire.anyNode(), initProducerId(null, 60_000));
    failIfRefused("InitProducerId", identity.errorCode);
    return new AtLeastOnceSender(wire, groupId, identity);
  }

  async commit({ records, offsets, fence }: AtomicCommit): Promise<CommittedEnds> {
    const ends = new Map<string, number>();
    for (const [topic, ofTopic] of byTopic(records)) {
      const chunks = [...Map.groupBy(ofTopic, ({ partition }) => partition)].flatMap(([partition, of]) =>
        chunkRecords(topic, of).map((chunk) => ({ partition, chunk })),
      );
      const batches = chunks.map(({ partition, chunk }) => {
        const queue = `${topic}/${partition}`;
        const baseSequence = this.#sequences.get(queue) ?? 0;
        this.#sequences.set(queue, baseSequence + chunk.length);
        const producer = { ...this.#identity, baseSequence, transactional: false };
        return { topic, partition, bytes: encodeRecordBatch(chunk, producer) };
      });
      await sendBatches(this.#wire, batches, { transactionalId: null, version: 11, deadlineMs });
    }
    await this.#group.call(deadlineMs, "repeat", async (nodeId) => {
      for (const { errorCode } of await this.#wire.send(nodeId, offsetCommit(fence, offsets)))
        failIfRefused("OffsetCommit", errorCode);
    });
    return ends;
  }
}

const offsetCommit = (
  fence: GroupFence,
  offsets: readonly CommitOffset[],
): KafkaRequest<PartitionOutcome[]> => {
  const body = new ByteWriter(256 + offsets.length * 96)
    .noTags()
    .compactString(fence.groupId)
    .int32(fence.generationId)
    .compactString(fence.memberId)
    .compactString(fence.groupInstanceId);
  writeOffsets(body, offsets);
  return {
    api: "OffsetCommit",
    apiKey: 8,
    apiVersion: 8,
    body: body.noTags().bytes(),
    decode: readPartitionOutcomes,
  };
};

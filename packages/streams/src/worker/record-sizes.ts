// How large the records of a task may be, judged when they are made: before anything of them is sent.

import type { RecordLimits } from "../kafka/ports.ts";
import { tooLarge } from "../kafka/produce-batches.ts";
import { fitsBatch, recordBytesBound } from "../kafka/record-batch.ts";
import { topicBytesMaxDefault } from "../kafka/topic-limits.ts";
import type { OutgoingRecord } from "./record.ts";

/** The limits of a task's topics. */
export class RecordSizes {
  readonly #limits: RecordLimits | undefined;

  /** @param limits default: what Kafka's topics take */
  constructor(limits: RecordLimits | undefined) {
    this.#limits = limits;
  }

  /** Largest batch of the topic, in bytes. */
  bytesMax(topic: string): number {
    return this.#limits?.batchBytesMax(topic) ?? topicBytesMaxDefault;
  }

  /** The record, which fits a batch of its own. @throws StreamsError STREAMS_RECORD_TOO_LARGE */
  checked(record: OutgoingRecord): OutgoingRecord {
    const bytesMax = this.bytesMax(record.topic);
    if (fitsBatch(record, bytesMax)) return record;
    throw tooLarge(record.topic, recordBytesBound(record), bytesMax);
  }
}

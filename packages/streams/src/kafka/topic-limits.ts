// How large a batch each topic takes: its `max.message.bytes`, as the cluster says it.
//
//   L1. It is read before the first record is made, and again after a broker found a batch too large: what an
//       administrator changes meanwhile is known to the next life of the worker.
//   L2. Where it may not be read (DescribeConfigs is not allowed) Kafka's own default counts.
//
// A broker compares it with the whole batch, its header included: LogValidator and UnifiedLog of Apache Kafka 4.1. A topic's
// own value counts before the brokers' `message.max.bytes`; replicas and consumers fetch a larger first batch whole (KIP-74).

import type { RecordLimits } from "./ports.ts";
import { describeTopicConfig } from "./protocol/describe-configs.ts";
import { errorCodes } from "./protocol/errors.ts";
import type { Wire } from "./wire.ts";

/** What a topic takes that nobody has configured: 1 MiB and the 12 bytes before each batch. */
export const topicBytesMaxDefault = 1_048_588;

/** The limits of some topics. */
export class TopicLimits implements RecordLimits {
  readonly #wire: Wire;
  readonly #topics: readonly string[];
  readonly #bytesMax = new Map<string, number>();
  #isDoubtful = true;

  constructor(wire: Wire, topics: readonly string[]) {
    this.#wire = wire;
    this.#topics = topics;
  }

  batchBytesMax(topic: string): number {
    return this.#bytesMax.get(topic) ?? topicBytesMaxDefault;
  }

  /** Says that a broker refused what should have fitted. */
  doubt(): void {
    this.#isDoubtful = true;
  }

  /** Reads them, if they are not known or in doubt (L1). */
  async refresh(): Promise<void> {
    if (!this.#isDoubtful) return;
    const node = await this.#wire.anyNode();
    await Promise.all(
      this.#topics.map(async (topic) => {
        const { errorCode, value } = await this.#wire.send(
          node,
          describeTopicConfig(topic, "max.message.bytes"),
        );
        const bytes = Number(value);
        if (errorCode === errorCodes.NONE && Number.isSafeInteger(bytes) && bytes > 0)
          this.#bytesMax.set(topic, bytes);
      }),
    );
    this.#isDoubtful = false;
  }
}

// A stage small enough to check by eye: it counts the records of each key and says the count with every record.

import type { Topic } from "@riffle/contracts/envelope";
import { keyValueStore } from "../../src/state/store.ts";
import type { StreamRecord } from "../../src/worker/record.ts";
import type { Stage, Task } from "../../src/worker/stage.ts";

/** Bytes that are no text of ours. */
export class UnreadableTextError extends Error {
  override readonly name = "UnreadableTextError";
  readonly code = "TEXT_UNREADABLE";
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A topic of texts; bytes that are not UTF-8, and tombstones, cannot be read. */
export const textTopic = (name: string, partitions = 3): Topic<string> => ({
  name,
  partitions,
  cleanupPolicy: "delete",
  retentionMs: -1,
  owner: "test",
  codec: {
    schema: "text/1",
    encode: (value) => Buffer.from(value),
    decode: (bytes) => {
      if (bytes === null) throw new UnreadableTextError("a tombstone is no text");
      try {
        return utf8.decode(bytes);
      } catch (cause) {
        throw new UnreadableTextError("the bytes are not UTF-8", { cause });
      }
    },
  },
});

/** Bytes no text topic reads. */
export const poison = Buffer.from([0xff, 0xfe, 0x00]);

export const counts = keyValueStore<number>("counts");

export interface CountStageOptions {
  /** The consumer group; topics are named after it. */
  readonly service: string;
  /** Called with each record before it is counted; may throw, may wait. */
  readonly onRecord?: (record: StreamRecord<unknown>, task: Task) => void | Promise<void>;
  /** Called with each batch before its records. */
  readonly onBatch?: (size: number, task: Task) => void;
}

/** The value with which the stage forgets a key instead of counting it. */
export const forget = "forget";

/**
 * For every record of `<service>-in` one of `<service>-out`, with value `<record's value>:<count of its key so far>`.
 * A record of value `forget` removes the key from the store and counts as 0.
 */
export const countStage = ({ service, onRecord, onBatch }: CountStageOptions) => {
  const input = textTopic(`${service}-in`);
  const output = textTopic(`${service}-out`);
  const stage: Stage = {
    service,
    deadLetters: `${service}-dlq`,
    handlers: [
      {
        topic: input as Topic<unknown>,
        stores: [counts],
        emits: [output as Topic<unknown>],
        handle: async (batch, task) => {
          onBatch?.(batch.size, task);
          const store = task.store(counts);
          for (const record of batch) {
            await onRecord?.(record, task);
            const { key, value, timestampMs } = record;
            const count = value === forget ? 0 : (store.get(key) ?? 0) + 1;
            if (count === 0) store.delete(key);
            else store.put(key, count);
            task.emit(output, { key, value: `${value}:${count}`, timestampMs, cause: record });
          }
        },
      },
    ],
  };
  return { stage, input, output };
};

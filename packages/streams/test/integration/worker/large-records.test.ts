// A bug here lets one record stand in the way for ever: what it makes is larger than the broker takes.

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { TransactionalWriter } from "../../../src/kafka/transactional-writer.ts";
import { changelogTopic } from "../../../src/worker/task.ts";
import {
  committedIn,
  createTopics,
  eventuallyCommitted,
  lagOf,
  outgoing,
  uniqueName,
  wireOptions,
} from "../../harness/cluster.ts";
import { eventually } from "../../harness/eventually.ts";
import { keepingStage, texts } from "../../harness/keeping-stage.ts";
import { closing, startWorker } from "../../harness/live-worker.ts";
import { headersOf } from "../../harness/records.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A keeping service of one partition. */
const createKeeping = async (deadLetterConfigs: Readonly<Record<string, string>> = {}) => {
  const stage = keepingStage(uniqueName("keeping"));
  const [input, output] = [`${stage.service}-in`, `${stage.service}-out`];
  const changelog = changelogTopic(stage.service, texts.name);
  await createTopics([input, output], 1);
  await createTopics([stage.deadLetters], 1, deadLetterConfigs);
  await createTopics([changelog], 1, { "cleanup.policy": "compact" });
  const writer = closing(
    await TransactionalWriter.open({
      ...wireOptions("writer"),
      transactionalId: `${stage.service}-writer`,
      topics: [input],
    }),
  );
  /** Sends `key=value` in order. */
  const send = (...records: readonly (readonly [key: string, value: string])[]): Promise<void> =>
    writer.write(records.map(([key, value]) => outgoing(input, 0, key, value)));
  const untilRead = (): Promise<unknown> =>
    eventually("everything is read", async () =>
      (await lagOf(stage.service, input)).every((lag) => lag === 0),
    );
  return { stage, output, changelog, send, untilRead };
};

const lettersOf = async (topic: string) => (await committedIn(topic)).flat();

describe("a large record that fails", () => {
  it("is a dead letter of 950 kB, whole, and the next life does not meet it again", async () => {
    const { stage, output, send, untilRead } = await createKeeping();
    const large = `fail${"v".repeat(950_000)}`;
    await send(["a", "1"], ["a", large], ["a", "2"]);
    const first = await startWorker(stage, "0");
    expect(await eventuallyCommitted(output, 2)).toEqual(["a=1", "a=2"]);
    await untilRead();
    await first.stop();
    const second = await startWorker(stage, "0");
    await send(["a", "3"]);
    expect(await eventuallyCommitted(output, 3)).toEqual(["a=1", "a=2", "a=3"]);
    expect((await lettersOf(stage.deadLetters)).map(({ value }) => String(value) === large)).toEqual([true]);
    expect(second.failures).toEqual([]);
  });

  it("is without its value where that does not fit, and whole where the topic takes more", async () => {
    const large = `fail${"v".repeat(1_048_380)}`;
    const narrow = await createKeeping();
    const wide = await createKeeping({ "max.message.bytes": "2097152" });
    for (const { stage, output, send } of [narrow, wide]) {
      await send(["a", large], ["a", "2"]);
      await startWorker(stage, "0");
      await eventuallyCommitted(output, 1);
    }
    const [cut] = await lettersOf(narrow.stage.deadLetters);
    expect(cut?.value).toBeNull();
    expect(headersOf(cut?.headers ?? [])).toMatchObject({
      "x-omitted": "value",
      "x-omitted-value-bytes": String(large.length),
      "x-omitted-value-sha256": sha256(large),
      "kafka_dlt-original-offset": "0",
    });
    const [whole] = await lettersOf(wide.stage.deadLetters);
    expect(String(whole?.value) === large).toBe(true);
  });
});

describe("a record that makes too much", () => {
  it("of state is dead-lettered alone, at its first failure, and a successor has the state before it", async () => {
    const { stage, output, send, untilRead } = await createKeeping();
    await send(["a", "v".repeat(600_000)], ["b", "1"], ["a", "w".repeat(500_000)], ["b", "2"], ["a", "3"]);
    const first = await startWorker(stage, "0");
    await eventuallyCommitted(output, 4);
    await untilRead();
    expect(first.failures.map(({ action }) => action)).toEqual(["retry-task", "condemn-record"]);
    const [letter, ...others] = await lettersOf(stage.deadLetters);
    expect(others).toEqual([]);
    expect(headersOf(letter?.headers ?? [])).toMatchObject({
      "kafka_dlt-original-offset": "2",
      "x-reason-code": "STREAMS_RECORD_TOO_LARGE",
    });
    await first.stop();
    const second = await startWorker(stage, "0");
    await send(["b", "x"], ["a", "w".repeat(448_700)]);
    await untilRead();
    // 600,001 bytes are kept of `a`: so much more does not fit, and that it does not shows that they are.
    expect(second.failures.map(({ action }) => action)).toEqual(["retry-task", "condemn-record"]);
    expect(await lettersOf(stage.deadLetters)).toHaveLength(2);
  });

  it("of output is dead-lettered by what the topic takes", async () => {
    const { stage, output, send } = await createKeeping();
    await send(["a", "emit 1048000"], ["a", "emit 1049000"], ["a", "2"]);
    const { failures } = await startWorker(stage, "0");
    const lengths = (await eventuallyCommitted(output, 2)).map((text) => text.length);
    expect(lengths).toEqual([1_048_002, 3]);
    expect(failures.map(({ action }) => action)).toEqual(["condemn-record"]);
  });
});

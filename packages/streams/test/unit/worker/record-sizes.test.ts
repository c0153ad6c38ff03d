// A bug here lets one input record end every process that reads it: what it makes is larger than a broker takes, and whoever
// takes over makes it again.

import { describe, expect, it } from "vitest";
import { encodeRecordBatch } from "../../../src/kafka/record-batch.ts";
import type { OutgoingRecord } from "../../../src/worker/record.ts";
import { RecordSizes } from "../../../src/worker/record-sizes.ts";
import { keepingStage } from "../../harness/keeping-stage.ts";
import { headersOf, textOf } from "../../harness/records.ts";
import { Rig } from "./worker-rig.ts";

const producer = { producerId: 1n, producerEpoch: 0, baseSequence: 0, transactional: true };

const large = (bytes: number): string => "v".repeat(bytes);

/** Every committed record would be taken by a broker. */
const expectAllFit = (rig: Rig, bytesMax = 1_048_588): void => {
  for (const { records } of rig.client.commits)
    for (const record of records)
      expect(encodeRecordBatch([record], producer).length).toBeLessThanOrEqual(bytesMax);
};

const actions = (rig: Rig): string[] => rig.failures.map(([, action]) => action);

describe("a record whose state would be too large for its changelog", () => {
  it("is dead-lettered alone: its neighbours go on, and its key has what it had before", async () => {
    const rig = new Rig({ stage: keepingStage("s") });
    rig.append(0, `a=${large(600_000)}`, "b=1", `a=${large(500_000)}`, "b=2", "a=3");
    await rig.start();
    await rig.settled();
    expect(rig.texts("s-dlq").map((text) => text?.length)).toEqual([500_000]);
    expect(rig.texts().map((text) => text?.length)).toEqual([600_000, 1, 1, 1]);
    const last = new Map(
      rig.client.topic("s-texts-changelog").map(({ key, value }) => [textOf(key), value?.length]),
    );
    expect(last).toEqual(
      new Map([
        ["a", 600_003],
        ["b", 4],
      ]),
    );
    expect(actions(rig)).toEqual(["retry-task", "condemn-record"]);
    expectAllFit(rig);
  });

  it("says so: the dead letter names the code, the topic and its limit", async () => {
    const rig = new Rig({ stage: keepingStage("s") });
    rig.append(0, `a=${large(600_000)}`, `a=${large(500_000)}`);
    await rig.start();
    await rig.settled();
    const [letter] = rig.client.topic("s-dlq");
    expect(headersOf(letter?.headers ?? [])).toMatchObject({
      "x-reason-code": "STREAMS_RECORD_TOO_LARGE",
      "kafka_dlt-original-offset": "1",
      "kafka_dlt-exception-message": expect.stringMatching(/s-texts-changelog.*1048588/),
    });
  });

  it("costs other partitions nothing: they are neither restored nor begun again", async () => {
    const rig = new Rig({ stage: keepingStage("s"), share: [0, 1] });
    rig.append(0, `a=${large(600_000)}`, `a=${large(500_000)}`);
    rig.append(1, "b=1", "b=2");
    await rig.start();
    await rig.settled(0, 1);
    expect([rig.texts("s-out", 1), rig.texts("s-dlq", 0).length]).toEqual([["1", "2"], 1]);
    const calls = rig.client.calls;
    expect(calls.filter((call) => call === "open sender")).toHaveLength(1);
    expect(calls.filter((call) => call === "replay s-texts-changelog/1")).toHaveLength(1);
  });
});

describe("a record whose output would be too large for its topic", () => {
  it("is dead-lettered at its first failure", async () => {
    const rig = new Rig({ stage: keepingStage("s") });
    rig.append(0, "a", "emit 2000000", "c");
    await rig.start();
    await rig.settled();
    expect([rig.texts(), rig.texts("s-dlq")]).toEqual([["a", "c"], ["emit 2000000"]]);
    expect(actions(rig)).toEqual(["condemn-record"]);
    expectAllFit(rig);
  });

  it("is judged by what the topic takes, which may be more or less than Kafka's default", async () => {
    const rig = new Rig({ stage: keepingStage("s") });
    rig.client.limits = { batchBytesMax: (topic) => (topic === "s-out" ? 600 : 4_000_000) };
    rig.append(0, "emit 300", "emit 600", `b=${large(400)}`, `c=${large(2_000_000)}`);
    await rig.start();
    await rig.settled();
    expect(rig.texts().map((text) => text?.length)).toEqual([300, 400]);
    expect(rig.texts("s-dlq").map((text) => text?.length)).toEqual([8, 2_000_000]);
  });
});

describe("a record that its handler fails at, and that is too large for the dead-letter topic", () => {
  it("is dead-lettered without its value, and does not come again", async () => {
    const rig = new Rig({
      handlerAttemptsMax: 1,
      onRecord: ({ value }) => {
        if (String(value).length > 1_000) throw new Error("bad");
      },
    });
    rig.append(0, "a", large(1_048_400), "c");
    await rig.start();
    await rig.settled();
    expect([rig.texts(), rig.texts("s-dlq")]).toEqual([["a:1", "c:2"], [null]]);
    const [letter] = rig.client.topic("s-dlq");
    expect(headersOf(letter?.headers ?? [])).toMatchObject({
      "x-omitted": "value",
      "x-omitted-value-bytes": "1048400",
      "kafka_dlt-original-offset": "1",
    });
    expectAllFit(rig);
  });
});

describe("the bound", () => {
  const record = (bytes: number): OutgoingRecord => ({
    topic: "out",
    partition: 3,
    key: Buffer.from("acct-é"),
    value: Buffer.alloc(bytes),
    timestampMs: 1_700_000_000_000,
    headers: [
      ["schéma", Buffer.from("text/1")],
      ["none", null],
    ],
  });

  it.each([0, 1, 63, 64, 200, 8_000, 1_048_000])("is exact to the byte for a value of %i bytes", (bytes) => {
    const exact = encodeRecordBatch([record(bytes)], producer).length;
    const sizes = (bytesMax: number) => new RecordSizes({ batchBytesMax: () => bytesMax });
    expect(sizes(exact).checked(record(bytes)).value).toHaveLength(bytes);
    expect(() => sizes(exact - 1).checked(record(bytes))).toThrow(
      expect.objectContaining({ code: "STREAMS_RECORD_TOO_LARGE" }),
    );
  });

  it("is Kafka's default where no client says another", () => {
    expect(new RecordSizes(undefined).bytesMax("out")).toBe(1_048_588);
  });
});

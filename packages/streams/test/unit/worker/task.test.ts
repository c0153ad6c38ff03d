// A bug here commits half of what a batch did, drops a record nobody can read, or charges a failure to its neighbour.

import { headerNames } from "@riffle/contracts/envelope";
import { describe, expect, it } from "vitest";
import { HandlerError, StreamsError } from "../../../src/errors.ts";
import { keyValueStore } from "../../../src/state/store.ts";
import type { HeaderPair, OutgoingRecord, RecordBatch } from "../../../src/worker/record.ts";
import { recordId } from "../../../src/worker/record-failures.ts";
import type { Stage, Task } from "../../../src/worker/stage.ts";
import { changelogTopic, PartitionTask } from "../../../src/worker/task.ts";
import { countStage, counts, poison, textTopic } from "../../harness/count-stage.ts";
import { rejectionOf } from "../../harness/eventually.ts";
import { headersOf, rawRecord, textOf } from "../../harness/records.ts";

const start = { partition: 2, positions: new Map([["s-in", 0]]), streamTimeMs: -1 };

const textsTo = (records: readonly OutgoingRecord[], topic: string) =>
  records
    .filter((record) => record.topic === topic)
    .map(({ key, value }) => `${textOf(key)}=${textOf(value)}`);

/** A stage whose only handler is the given function. */
const stageOf = (handle: (batch: RecordBatch<unknown>, task: Task) => void | Promise<void>): Stage => ({
  service: "s",
  deadLetters: "s-dlq",
  handlers: [{ topic: textTopic("s-in"), stores: [counts], emits: [], handle }],
});

const thrownBy = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

describe("one drain", () => {
  it("holds outputs first, then the changelog, with position and stream time", async () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    await task.process("s-in", [rawRecord(0, "a", "x"), rawRecord(1, "b", "y"), rawRecord(2, "a", "z")], 5);
    expect([task.changed, task.pending]).toEqual([true, 3]);
    const { records, positions, streamTimeMs } = task.drain();
    expect(records.map(({ topic, partition }) => `${topic}/${partition}`)).toEqual([
      ...Array(3).fill("s-out/2"),
      ...Array(2).fill("s-counts-changelog/2"),
    ]);
    expect(textsTo(records, "s-out")).toEqual(["a=x:1", "b=y:1", "a=z:2"]);
    expect(textsTo(records, "s-counts-changelog")).toEqual(["a=2", "b=1"]);
    expect([positions.get("s-in"), streamTimeMs]).toEqual([5, 1_002]);
  });

  it("holds several batches, and the next one only what came after", async () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    await task.process("s-in", [rawRecord(0, "a", "x")], 1);
    await task.process("s-in", [rawRecord(1, "a", "y")], 2);
    expect(textsTo(task.drain().records, "s-out")).toEqual(["a=x:1", "a=y:2"]);
    expect([task.changed, task.pending]).toEqual([false, 0]);
    await task.process("s-in", [rawRecord(2, "b", "z")], 3);
    const { records } = task.drain();
    expect(textsTo(records, "s-out")).toEqual(["b=z:1"]);
    expect(textsTo(records, changelogTopic("s", "counts"))).toEqual(["b=1"]);
  });

  it("is worth committing when a fetch held markers only: the position moved", async () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    await task.process("s-in", [], 9);
    expect(task.changed).toBe(true);
    expect(task.drain()).toMatchObject({ records: [], positions: new Map([["s-in", 9]]) });
  });

  it("gives the stores' changes the stream time, and zero before there is any", async () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    task.store(counts).put("a", 1);
    expect(task.drain().records).toMatchObject([{ timestampMs: 0 }]);
    await task.process("s-in", [rawRecord(0, "a", "x", { timestampMs: 77 })], 1);
    expect(task.drain().records.at(-1)).toMatchObject({ timestampMs: 77 });
  });

  it("leaves the positions of one drain alone when the task goes on", async () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    await task.process("s-in", [], 1);
    const { positions } = task.drain();
    await task.process("s-in", [], 2);
    expect(positions.get("s-in")).toBe(1);
  });
});

describe("an emitted record", () => {
  it("carries its schema, and trace and received-at of its cause, and nothing else of it", async () => {
    const headers: HeaderPair[] = [
      [headerNames.receivedAt, Buffer.from("17")],
      [headerNames.traceparent, Buffer.from("00-abc-def-01")],
      ["other", Buffer.from("x")],
    ];
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    await task.process("s-in", [rawRecord(0, "a", "x", { headers })], 1);
    const [emitted] = task.drain().records;
    expect(headersOf(emitted?.headers ?? [])).toEqual({
      schema: "text/1",
      traceparent: "00-abc-def-01",
      "received-at": "17",
    });
  });

  it("says when its batch was handled, by a clock that is read once for a batch that emits, and by none without one", async () => {
    let readings = 0;
    const now = (): number => 100 + ++readings;
    const task = new PartitionTask(countStage({ service: "s" }).stage, start, { now });
    await task.process("s-in", [rawRecord(0, "a", "x"), rawRecord(1, "b", "x")], 2);
    await task.process("s-in", [], 3);
    await task.process("s-in", [rawRecord(3, "a", "x")], 4);
    const emitted = task.drain().records.filter(({ topic }) => topic === "s-out");
    expect(emitted.map(({ headers }) => headersOf(headers)["processed-at"])).toEqual(["101", "101", "102"]);
    expect(readings).toBe(2);
  });

  it("does not hand on when its cause was handled", async () => {
    const headers: HeaderPair[] = [[headerNames.processedAt, Buffer.from("17")]];
    const task = new PartitionTask(countStage({ service: "s" }).stage, start, { now: () => 42 });
    await task.process("s-in", [rawRecord(0, "a", "x", { headers })], 1);
    const [emitted] = task.drain().records;
    expect(emitted?.headers.filter(([name]) => name === headerNames.processedAt)).toEqual([
      [headerNames.processedAt, Buffer.from("42")],
    ]);
  });

  it("to a topic the stage does not declare is refused, and nothing of it is kept", () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    const emission = { key: "a", value: "x", timestampMs: 0 };
    const error = thrownBy(() => task.emit(textTopic("elsewhere"), emission));
    expect(error).toBeInstanceOf(StreamsError);
    expect(error).toMatchObject({
      code: "STREAMS_EMIT_UNDECLARED",
      message: expect.stringContaining("elsewhere"),
    });
    expect(task.pending).toBe(0);
  });
});

describe("a store", () => {
  it("that the stage does not declare is refused by its name", () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    const error = thrownBy(() => task.store(keyValueStore("sums")));
    expect(error).toMatchObject({ code: "STREAMS_STORE_UNKNOWN", message: expect.stringContaining("sums") });
  });

  it("is restored from its changelog, tombstones included, without becoming a change", () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    task.restore("counts", Buffer.from("a"), Buffer.from("4"));
    task.restore("counts", Buffer.from("b"), Buffer.from("5"));
    task.restore("counts", Buffer.from("b"), null);
    expect([task.store(counts).get("a"), task.store(counts).get("b")]).toEqual([4, undefined]);
    expect(task.drain().records).toEqual([]);
  });

  it("whose changelog no serde reads stops the restore", () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    const error = thrownBy(() => task.restore("counts", Buffer.from("a"), Buffer.from("{")));
    expect(error).toMatchObject({
      code: "STREAMS_STATE_CORRUPT",
      message: expect.stringContaining("partition 2"),
    });
  });

  const restoredKeys = (key: string) => {
    const before = new PartitionTask(countStage({ service: "s" }).stage, start);
    before.store(counts).put(key, 1);
    const after = new PartitionTask(countStage({ service: "s" }).stage, start);
    for (const record of before.drain().records)
      after.restore("counts", record.key ?? new Uint8Array(), record.value);
    return [...after.store(counts).entries()].map(([restored]) => restored);
  };

  it.each(["plain", "", "é😀"])("has the same keys after a restore from its own changelog: %j", (key) => {
    expect(restoredKeys(key)).toEqual([key]);
  });

  it("has the same key after a restore though it begins with U+FEFF", () => {
    expect(restoredKeys("\uFEFFa")).toEqual(["\uFEFFa"]);
  });
});

it("a key that begins with U+FEFF is another key than the one without it", async () => {
  const task = new PartitionTask(countStage({ service: "s" }).stage, start);
  await task.process("s-in", [rawRecord(0, "a", "x"), rawRecord(1, "\uFEFFa", "y")], 2);
  expect(textsTo(task.drain().records, "s-out")).toEqual(["a=x:1", "\uFEFFa=y:1"]);
});

describe("handed over one at a time", () => {
  it("records give what one batch gives, and any failure names its record", async () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    await task.process(
      "s-in",
      [rawRecord(0, "a", "x"), rawRecord(1, "a", poison), rawRecord(2, "a", "y")],
      3,
      true,
    );
    const { records, positions } = task.drain();
    expect(textsTo(records, "s-out")).toEqual(["a=x:1", "a=y:2"]);
    expect([textsTo(records, "s-dlq").length, positions.get("s-in")]).toEqual([1, 3]);

    const stage = stageOf((batch) => {
      const values = [...batch].map(({ value }) => value);
      if (values.includes("bad")) throw new Error("boom");
    });
    const failing = new PartitionTask(stage, start);
    const batch = [rawRecord(7, "a", "x"), rawRecord(8, "a", "bad"), rawRecord(9, "a", "y")];
    expect(await rejectionOf(failing.process("s-in", batch, 10))).toMatchObject({ offset: -1 });
    expect(await rejectionOf(failing.process("s-in", batch, 10, true))).toMatchObject({ offset: 8 });
  });
});

describe("a record no codec reads", () => {
  it("is dead-lettered with its bytes and headers, and its neighbours are handled in order", async () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    const unreadable = rawRecord(1, "a", poison, { headers: [["mine", Buffer.from([0xff])]] });
    await task.process("s-in", [rawRecord(0, "a", "x"), unreadable, rawRecord(2, "a", "y")], 3);
    const { records } = task.drain();
    expect(textsTo(records, "s-out")).toEqual(["a=x:1", "a=y:2"]);
    const [letter] = records.filter(({ topic }) => topic === "s-dlq");
    expect(letter?.value).toBe(unreadable.value);
    expect(letter?.key).toBe(unreadable.key);
    expect(letter?.headers[0]).toEqual(unreadable.headers[0]);
    expect(headersOf(letter?.headers ?? [])).toMatchObject({
      "kafka_dlt-original-offset": "1",
      "x-reason-code": "TEXT_UNREADABLE",
    });
  });

  it("a tombstone among values is one of them", async () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    await task.process("s-in", [rawRecord(0, "a", null)], 1);
    expect(task.drain().records).toMatchObject([{ topic: "s-dlq", value: null }]);
  });

  it("does not move stream time: its time is as doubtful as the rest of it", async () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    await task.process("s-in", [rawRecord(0, "a", poison, { timestampMs: 9_999 })], 1);
    expect(task.streamTimeMs).toBe(-1);
  });

  it("is not counted in the size of the batch", async () => {
    const sizes: number[] = [];
    const { stage } = countStage({ service: "s", onBatch: (size) => sizes.push(size) });
    const task = new PartitionTask(stage, start);
    await task.process("s-in", [rawRecord(0, "a", poison), rawRecord(1, "a", "x")], 2);
    expect(sizes).toEqual([1]);
  });
});

describe("a condemned record", () => {
  const process = async (error: unknown) => {
    const condemned = new Map([[recordId("s-in", 2, 1), error]]);
    const task = new PartitionTask(countStage({ service: "s" }).stage, start, { condemned });
    await task.process("s-in", [rawRecord(0, "a", "x"), rawRecord(1, "a", "bad"), rawRecord(2, "a", "y")], 3);
    return task.drain().records;
  };

  it("is dead-lettered with its last error instead of handled, and its neighbours are handled", async () => {
    const records = await process(new TypeError("no such field"));
    expect(textsTo(records, "s-out")).toEqual(["a=x:1", "a=y:2"]);
    expect(textsTo(records, "s-dlq")).toEqual(["a=bad"]);
    const [letter] = records.filter(({ topic }) => topic === "s-dlq");
    expect(headersOf(letter?.headers ?? [])).toMatchObject({
      "kafka_dlt-exception-message": "no such field",
    });
  });

  it.each([undefined, null, "", 0, false])(
    "is dead-lettered whatever was thrown at it: %j",
    async (thrown) => {
      expect(textsTo(await process(thrown), "s-dlq")).toEqual(["a=bad"]);
    },
  );

  it("is known by its topic, partition and offset together", async () => {
    const condemned = new Map([[recordId("s-in", 3, 0), new Error("of another partition")]]);
    const task = new PartitionTask(countStage({ service: "s" }).stage, start, { condemned });
    await task.process("s-in", [rawRecord(0, "a", "x")], 1);
    expect(textsTo(task.drain().records, "s-out")).toEqual(["a=x:1"]);
  });
});

describe("a handler's failure", () => {
  const offsetOf = async (handle: (batch: RecordBatch<unknown>) => void | Promise<void>): Promise<number> => {
    const task = new PartitionTask(stageOf(handle), start);
    const records = [rawRecord(10, "a", "x"), rawRecord(11, "a", "y"), rawRecord(12, "a", "z")];
    const error = await rejectionOf(task.process("s-in", records, 13));
    if (!(error instanceof HandlerError)) throw error;
    expect([error.topic, error.partition]).toEqual(["s-in", 2]);
    return error.offset;
  };

  it("names the record it held", async () => {
    const thrown = offsetOf((batch) => {
      for (const { value } of batch) if (value === "y") throw new Error("boom");
    });
    await expect(thrown).resolves.toBe(11);
  });

  it("names the record it held while it waited", async () => {
    const thrown = offsetOf(async (batch) => {
      for (const { value } of batch) if (value === "z") await Promise.reject(new Error("boom"));
    });
    await expect(thrown).resolves.toBe(12);
  });

  it("names the record it stopped at", async () => {
    const thrown = offsetOf((batch) => {
      for (const { value } of batch) if (value === "y") break;
      throw new Error("boom");
    });
    await expect(thrown).resolves.toBe(11);
  });

  it("names none before the first record and after the last", async () => {
    const before = offsetOf(() => {
      throw new Error("boom");
    });
    await expect(before).resolves.toBe(-1);
    const after = offsetOf((batch) => {
      for (const record of batch) void record;
      throw new Error("boom");
    });
    await expect(after).resolves.toBe(-1);
  });

  it("names an unreadable record's neighbour by the neighbour's own offset", async () => {
    const stage = stageOf((batch) => {
      for (const record of batch) throw new Error(`at ${record.offset}`);
    });
    const task = new PartitionTask(stage, start);
    const error = await rejectionOf(
      task.process("s-in", [rawRecord(5, "a", poison), rawRecord(6, "a", "x")], 7),
    );
    expect(error).toMatchObject({ offset: 6, cause: new Error("at 6") });
  });

  it("of a topic nobody handles says so", async () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, start);
    const error = await rejectionOf(task.process("other", [], 1));
    expect(error).toMatchObject({ code: "STREAMS_TOPIC_MISSING", message: expect.stringContaining("other") });
  });
});

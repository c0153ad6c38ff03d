// A bug here counts a transaction twice in a service that had it already, or keeps a redriven record from the one service
// that waits for it.

import { redriveHeaderNames } from "@riffle/contracts/envelope";
import { describe, expect, it } from "vitest";
import { PartitionTask } from "../../../src/worker/task.ts";
import { countStage, poison } from "../../harness/count-stage.ts";
import { rawRecord, textOf } from "../../harness/records.ts";

const start = { partition: 2, positions: new Map([["s-in", 0]]), streamTimeMs: -1 };

const redrivenFor = (offset: number, service: string, value: string | Uint8Array = "again") =>
  rawRecord(offset, "a", value, { headers: [[redriveHeaderNames.to, Buffer.from(service)]] });

const process = async (singly: boolean, ...records: ReturnType<typeof rawRecord>[]) => {
  const task = new PartitionTask(countStage({ service: "s" }).stage, start);
  await task.process("s-in", records, 9, singly);
  const { records: written, ...rest } = task.drain();
  return { texts: written.map(({ topic, value }) => `${topic}: ${textOf(value)}`), ...rest };
};

describe.each([
  ["in a batch", false],
  ["one at a time", true],
])("a record that was sent again, given %s,", (_, singly) => {
  it("is processed by the service it is for", async () => {
    const { texts } = await process(singly, rawRecord(0, "a", "x"), redrivenFor(1, "s"));
    expect(texts).toEqual(["s-out: x:1", "s-out: again:2", "s-counts-changelog: 2"]);
  });

  it("has no effect in any other but to move the position", async () => {
    const before = await process(singly, rawRecord(0, "a", "x"), rawRecord(1, "a", "y"));
    const { texts, positions, streamTimeMs } = await process(
      singly,
      rawRecord(0, "a", "x"),
      redrivenFor(5, "t"),
      rawRecord(1, "a", "y"),
    );
    expect(texts).toEqual(before.texts);
    expect([positions.get("s-in"), streamTimeMs]).toEqual([9, before.streamTimeMs]);
  });

  it("is no dead letter of another service, though nobody can read it", async () => {
    const { texts } = await process(singly, redrivenFor(0, "t", poison));
    expect(texts).toEqual([]);
    expect((await process(singly, redrivenFor(0, "s", poison))).texts).toHaveLength(1);
  });
});

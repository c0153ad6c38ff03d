// A bug here looks like a disk that fills up, or like a passport that is gone a week too early.

import { createLogger } from "@riffle/service-kit";
import { describe, expect, it } from "vitest";
import { ReadModelDatabase } from "../../../src/read-model/database.ts";
import { projections as all } from "../../../src/read-model/projections.ts";
import { ReadModel } from "../../../src/read-model/read-model.ts";
import { Retention } from "../../../src/read-model/retention.ts";
import { chunksOf } from "../../harness/chunks.ts";
import { dump } from "../../harness/dump.ts";
import { alertOf, noonMs, Story, transactionOf } from "../../harness/story.ts";

/** Cases and the feed have bounds of their own. */
const projections = all.filter(({ name }) => !name.startsWith("feed") && !name.startsWith("case"));
const hourMs = 3_600_000;

const storyAt = (eventMs: number, ids: readonly string[]): Story => {
  const story = new Story();
  for (const id of ids) {
    const transaction = transactionOf({ id, occurredAt: new Date(eventMs).toISOString() });
    const times = { receivedAtMs: eventMs, processedAtMs: eventMs };
    const alert = alertOf("card-testing", [transaction]);
    story
      .received(transaction, times)
      .screened(transaction, times)
      .counted(transaction, times)
      .alert("card-testing", [transaction], times)
      .notified(alert, "webhook", eventMs, times)
      .late(transaction, eventMs, times);
  }
  return story;
};

const modelOf = (story: Story): ReadModel => {
  const database = new ReadModelDatabase({ folder: undefined, projections });
  const model = new ReadModel({ database, projections });
  model.apply(chunksOf(story.records));
  return model;
};

const log = createLogger({ service: "test", instance: "test", level: "silent" });

describe("retention", () => {
  it("removes what happened before its time, every row of it, and leaves what happened within", () => {
    const old = storyAt(noonMs - 3 * hourMs, ["old-1", "old-2"]);
    const kept = storyAt(noonMs - hourMs, ["kept"]);
    old.records.push(...kept.records);
    const model = modelOf(old);
    const retention = new Retention({ model, hours: 2, now: () => noonMs, log });
    while (retention.step() > 0);
    const rows = dump(model.database);
    for (const [table, texts] of Object.entries(rows)) {
      if (["positions", "totals"].includes(table)) continue;
      expect([table, texts.filter((text) => text.includes("old-"))]).toEqual([table, []]);
      if (table !== "dead_letters" && table !== "rejected") expect([table, texts.length]).toEqual([table, 1]);
    }
  });

  it("goes in steps, and ends when there is nothing left to remove", () => {
    const ids = Array.from({ length: 1_200 }, (_, i) => `t-${i}`);
    const story = new Story();
    for (const id of ids) story.received(transactionOf({ id }), { receivedAtMs: noonMs });
    const model = modelOf(story);
    const retention = new Retention({ model, hours: 1, now: () => noonMs + 2 * hourMs, log });
    const steps = [retention.step(), retention.step(), retention.step(), retention.step()];
    expect(steps).toEqual([501, 500, 200, 0]);
  });
});

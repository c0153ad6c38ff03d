// A bug here would look like this: two services write one topic, an account has two partition numbers, or the broker
// deletes what was accepted and not yet read.
import { describe, expect, it } from "vitest";
import { bytesCodec } from "../../src/dead-letter.ts";
import { deadLetterHeaderNames } from "../../src/envelope.ts";
import { eventAgeMaxMs } from "../../src/event-time.ts";
import { allTopics, changelogTopicName, operatorCommand, serviceNames, topics } from "../../src/topics.ts";

const dayMs = 24 * 60 * 60 * 1000;

describe("the topics", () => {
  it("are the ones of the design, each once, with its owner", () => {
    expect(allTopics.map(({ name, owner }) => `${owner}: ${name}`)).toEqual([
      "ingest: transactions.received.v1",
      "filter: transactions.screened.v1",
      "filter: transactions.rejected.v1",
      "filter: filter.dlq.v1",
      "aggregator: aggregates.account.v1",
      "aggregator: aggregator.late.v1",
      "aggregator: aggregator.dlq.v1",
      "fraud-detector: alerts.v1",
      "fraud-detector: fraud-detector.dlq.v1",
      "notifier: notifications.v1",
      "notifier: notifier.dlq.v1",
      "riffle: notifier.commands.v1",
      "console: cases.events.v1",
      "console: cases.snapshots.v1",
      "console: console.dlq.v1",
      "riffle: dlq.redriven.v1",
    ]);
    expect(new Set(allTopics.map(({ name }) => name)).size).toBe(allTopics.length);
  });

  it("have names in lower case with dots, the version last", () => {
    for (const { name } of allTopics) expect(name).toMatch(/^[a-z-]+(\.[a-z-]+)*\.v[1-9][0-9]*$/);
  });

  it("have the same number of partitions", () => {
    expect(new Set(allTopics.map(({ partitions }) => partitions))).toEqual(new Set([12]));
  });

  it("have owners that are services or the operators' command, and a dead-letter topic belongs to the service it is named after", () => {
    for (const { name, owner } of allTopics) {
      expect([...serviceNames, operatorCommand]).toContain(owner);
      if (name.endsWith(".dlq.v1")) expect(name).toBe(`${owner}.dlq.v1`);
    }
  });

  it("are compacted, deleted after their retention, or, the events of cases alone, kept for ever whole", () => {
    expect(allTopics.filter(({ cleanupPolicy }) => cleanupPolicy === "compact")).toEqual([
      topics.casesSnapshots,
      topics.deadLettersRedriven,
    ]);
    for (const { cleanupPolicy, retentionMs } of allTopics)
      if (cleanupPolicy === "compact") expect(retentionMs).toBe(-1);
    expect(
      allTopics.filter(({ cleanupPolicy, retentionMs }) => cleanupPolicy === "delete" && retentionMs === -1),
    ).toEqual([topics.casesEvents]);
  });

  it("keep windows, whose keys come to an end, no longer than the transactions that they count", () => {
    expect(allTopics.filter(({ cleanupPolicy }) => cleanupPolicy === "compact,delete")).toEqual([
      topics.aggregatesAccount,
    ]);
    expect(topics.aggregatesAccount.retentionMs).toBe(topics.transactionsScreened.retentionMs);
  });

  it("keep the oldest transaction that is accepted for at least 7 days more", () => {
    for (const { retentionMs } of allTopics) {
      if (retentionMs !== -1) expect(retentionMs - eventAgeMaxMs).toBeGreaterThanOrEqual(7 * dayMs);
    }
    expect(topics.alerts.retentionMs).toBe(30 * dayMs);
    expect(topics.notifierDeadLetters.retentionMs).toBe(30 * dayMs);
  });
});

describe("a changelog topic", () => {
  it("is named after its service and its store", () => {
    expect(changelogTopicName("fraud-detector", "matches")).toBe("fraud-detector-matches-changelog");
  });
});

describe("a dead letter", () => {
  it("keeps its bytes, and null stays null", () => {
    const bytes = Uint8Array.of(0xff, 0, 0x7b);
    expect(bytesCodec.encode(bytes)).toBe(bytes);
    expect(bytesCodec.decode(bytes, undefined)).toBe(bytes);
    expect(bytesCodec.decode(null, "transaction/1")).toBeNull();
    expect(bytesCodec.encode(null)).toHaveLength(0);
  });

  it("has the headers that Spring Kafka and Nest know, and the reason's code", () => {
    expect(Object.values(deadLetterHeaderNames)).toEqual([
      "kafka_dlt-original-topic",
      "kafka_dlt-original-partition",
      "kafka_dlt-original-offset",
      "kafka_dlt-original-timestamp",
      "kafka_dlt-exception-fqcn",
      "kafka_dlt-exception-message",
      "x-reason-code",
    ]);
  });
});

// A bug here sends an operator after the wrong cause, or tells that all is well.

import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { armFailPoint, parseFailPoint } from "@riffle/streams";
import { connectAdmin, TransactionalWriter } from "@riffle/streams/kafka";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/doctor/finding.ts";
import { kafka, onBroker, send, startHandling } from "../harness/failing-service.ts";
import { run } from "../harness/recorded-terminal.ts";

/** What it finds of one group, with few records counting as lag. */
const doctor = async (group: string, ...words: string[]): Promise<{ code: number; findings: Finding[] }> => {
  const ran = await run([
    "doctor",
    "--group",
    group,
    "--lag",
    "5",
    "--seconds",
    "1",
    "--json",
    ...words,
    ...onBroker(),
  ]);
  expect(ran.notes).toEqual([]);
  const document = JSON.parse(ran.out[0] ?? "") as { findings: Finding[] };
  return { code: ran.code, findings: document.findings.filter(({ subject }) => subject.startsWith(group)) };
};

const groupName = (): string => `cli-doctor-${randomUUID().slice(0, 8)}`;

/** Waits until the group has committed that offset of partition 1. */
const committed = async (group: string, topic: string, offset: number): Promise<void> => {
  const admin = await connectAdmin(kafka());
  try {
    for (const deadline = performance.now() + 20_000; ; await delay(50)) {
      const lags = await admin.lag(group, topic);
      if ((lags[1]?.committed ?? -1) >= offset) return;
      if (performance.now() > deadline) throw new Error(`not within 20 s: ${group} commits ${offset}`);
    }
  } finally {
    await admin.close();
  }
};

describe("riffle doctor on a cluster", () => {
  it("finds a group that nobody reads for", async () => {
    const group = groupName();
    const service = await startHandling(group, async () => {});
    await send(service.input, 1, "a=1");
    await committed(group, service.input, 1);
    await service.stop();
    await send(service.input, 1, ..."23456789".split("").map((text) => `a=${text}`));
    const { code, findings } = await doctor(group);
    expect(findings.map(({ code: found, confidence }) => [found, confidence])).toEqual([
      ["GROUP_EMPTY", "certain"],
    ]);
    expect(findings[0]?.evidence.join()).toContain("8 records wait in 1 of 3 partitions");
    expect(code).toBe(4);
    expect((await doctor(group, "--ignore", "GROUP_EMPTY")).findings).toEqual([]);
  });

  it("finds the key that fills a partition, and shows it masked", async () => {
    const group = groupName();
    const service = await startHandling(group, () => delay(150));
    const records = Array.from({ length: 90 }, (_, i) => (i % 3 === 0 ? `acct-${i}=x` : "acct-hot-77=x"));
    await send(service.input, 1, ...records);
    await send(service.input, 2, "acct-b=x");
    await committed(group, service.input, 2);
    const { findings } = await doctor(group);
    expect(findings.map(({ code, subject }) => [code, subject])).toEqual([
      ["HOT_KEY", `${group} ${service.input}/1`],
    ]);
    const text = findings[0]?.evidence.join("\n");
    expect(text).toMatch(/key ac…[0-9a-f]{6} is 6\d % of its newest \d+ records/);
    expect(text).not.toContain("acct-hot");
  });

  it("finds a member that has partitions and commits nothing", async () => {
    const group = groupName();
    const { promise, resolve } = Promise.withResolvers<void>();
    const service = await startHandling(group, () => promise);
    await send(service.input, 1, ..."12345678".split("").map((text) => `a=${text}`));
    const { findings } = await doctor(group);
    resolve();
    expect(findings.map(({ code, subject }) => [code, subject.startsWith(`${group} 0@`)])).toEqual([
      ["DEAD_MEMBER", true],
    ]);
  });

  it("finds a transaction that was left open, and whose it is", async () => {
    const group = groupName();
    const service = await startHandling(group, async () => {});
    await send(service.input, 1, "a=1");
    await committed(group, service.input, 1);
    const writer = await TransactionalWriter.open({
      ...kafka(),
      transactionalId: `${group}-writer`,
      topics: [service.input],
      transactionTimeoutMs: 60_000,
    });
    armFailPoint(parseFailPoint("after-produce:throw"));
    const record = { key: Buffer.from("a"), value: Buffer.from("2"), timestampMs: Date.now(), headers: [] };
    await expect(writer.write([{ topic: service.input, partition: 1, ...record }])).rejects.toThrow();
    await writer.close();
    const { code, findings } = await doctor(group, "--seconds", "6");
    const [stuck] = findings;
    expect([stuck?.code, stuck?.subject, stuck?.confidence]).toEqual([
      "STUCK_TRANSACTION",
      `${service.input}/1`,
      "likely",
    ]);
    expect(stuck?.evidence.join("\n")).toContain(`it is ${group}-writer's, open for`);
    expect(code).toBe(4);
    // Whoever takes the id over ends it; then there is nothing to find.
    await (
      await TransactionalWriter.open({
        ...kafka(),
        transactionalId: `${group}-writer`,
        topics: [service.input],
      })
    ).close();
    await send(service.input, 1, "a=3");
    await committed(group, service.input, 4);
    expect((await doctor(group)).findings).toEqual([]);
  });

  it("misses no topic that `topics create` has made", async () => {
    const { out } = await run(["topics", "create", ...onBroker()]);
    expect(out.length).toBeGreaterThan(5);
    const listed = await run(["topics", ...onBroker()]);
    expect(listed.out[0]).toMatch(/^TOPIC +OWNER +PARTITIONS/);
    expect(listed.notes).toEqual([]);
    const ran = await run(["doctor", "--seconds", "1", ...onBroker()]);
    expect(ran.out.join("\n")).not.toContain("TOPIC_MISSING");
  });

  it("says that no broker answers, with what it was looking for", async () => {
    const ran = await run(["doctor", "--brokers", "127.0.0.1:1", "--json"]);
    const { findings, cluster } = JSON.parse(ran.out[0] ?? "") as { findings: Finding[]; cluster: unknown };
    expect(findings.find(({ code }) => code === "BROKER_UNREACHABLE")?.evidence.join()).toContain(
      "STREAMS_CLUSTER_UNREACHABLE",
    );
    expect([ran.code, cluster]).toEqual([4, null]);
  });
});

// A bug here is a command that asks the console for something else than it answers.

import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Alert,
  alertId,
  formatEventTime,
  type Topic,
  type Transaction,
  topics,
} from "@riffle/contracts";
import { IdempotentProducer } from "@riffle/streams/kafka";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { kafka, onBroker } from "../harness/failing-service.ts";
import { nowhere } from "../harness/http-double.ts";
import { run } from "../harness/recorded-terminal.ts";

const program = join(import.meta.dirname, "../../../../services/console/dist/main.js");
let consoleUrl = "";
let child: ChildProcess | undefined;
let log = "";

const riffle = (...words: string[]) => run([...words, "--console-url", consoleUrl]);

beforeAll(async () => {
  expect((await run(["topics", "create", ...onBroker()])).code).toBe(0);
  consoleUrl = await nowhere();
  child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env["PATH"],
      KAFKA_BROKERS: inject("kafkaBrokers").join(","),
      HTTP_PORT: new URL(consoleUrl).port,
      ADMIN_PORT: "0",
      RIFFLE_INSTANCE_ID: `cli-console-${randomUUID()}`,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-20_000);
    });
});

afterAll(async () => {
  if (child === undefined || child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
});

const produce = async <V>(topic: Topic<V>, accountId: string, ...values: readonly V[]): Promise<void> => {
  const producer = await IdempotentProducer.connect({ ...kafka(), topics: [topic.name] });
  for (const value of values)
    await producer.send({
      topic: topic.name,
      key: accountId,
      value: topic.codec.encode(value),
      timestampMs: Date.now(),
      headers: { schema: topic.codec.schema, "received-at": String(Date.now()) },
    });
  await producer.close();
};

/** Waits until the console has read so far that the command ends with 0, and the answer has what is wanted. */
const eventually = async (words: readonly string[], has: (document: never) => boolean): Promise<never> => {
  for (const deadline = performance.now() + 45_000; ; await delay(100)) {
    const { code, out, notes } = await riffle(...words, "--json");
    const document = code === 0 && out[0] !== undefined ? (JSON.parse(out[0]) as never) : undefined;
    if (document !== undefined && has(document)) return document;
    if (performance.now() > deadline)
      throw new Error(`not within 45 s: ${words.join(" ")}: ${notes.join(" ")} ${out.join(" ")}\n${log}`);
  }
};

/** A transaction that raised an alert, as it lies in the topics. */
const raised = async (): Promise<{ readonly transaction: Transaction; readonly alert: Alert }> => {
  const accountId = `acct-${randomUUID()}`;
  const transaction: Transaction = {
    id: `tx-${randomUUID()}`,
    accountId,
    amount: 150_000,
    currency: "EUR",
    occurredAt: formatEventTime(Date.now()),
    type: "purchase",
  };
  const alert: Alert = {
    id: alertId("card-testing", 1, accountId, [transaction.id]),
    rule: "card-testing",
    ruleVersion: 1,
    severity: "high",
    accountId,
    status: "raised",
    changedBy: transaction.id,
    reason: "3 small payments, then a large one",
    evidence: [transaction],
    evidenceSteps: ["large"],
    firstAt: transaction.occurredAt,
    lastAt: transaction.occurredAt,
    amount: transaction.amount,
    currency: "EUR",
  };
  await produce(topics.transactionsReceived, accountId, transaction);
  await produce(topics.transactionsScreened, accountId, transaction);
  await produce(topics.alerts, accountId, alert);
  return { transaction, alert };
};

/** The case of an alert, once the console has read it. */
const caseOf = async ({ accountId }: Alert): Promise<string> => {
  const words = ["alerts", "list", "--account", accountId];
  const { caseId } = (await eventually(
    words,
    ({ caseId: of }: { caseId: string | null }) => of !== null,
  )) as {
    readonly caseId: string;
  };
  return caseId;
};

const untilVersion = (caseId: string, version: number): Promise<never> =>
  eventually(
    ["cases", "show", caseId],
    ({ case: one }: { readonly case: { readonly version: number } }) => one.version === version,
  );

it("a transaction is explained, and its alert shown with its evidence and its case", async () => {
  const { transaction, alert } = await raised();
  const isMatched = ({ alerts }: { readonly alerts: readonly unknown[] }): boolean => alerts.length === 1;
  await eventually(["explain", transaction.id], isMatched);
  const explained = (await riffle("explain", transaction.id)).out.join("\n");
  expect(explained).toContain(`account ${transaction.accountId}, 1,500.00 EUR`);
  expect(explained).toMatch(/received +ingest +transactions\.received\.v1\/\d+\/\d+/);
  expect(explained).toContain("card-testing v1: large, step 1 of 1, raised");
  const caseId = await caseOf(alert);
  const shown = (await riffle("alerts", "show", alert.id)).out.join("\n");
  expect(shown).toContain(caseId);
  expect(shown).toContain(transaction.id);
}, 120_000);

it("a case is worked on to its end, told where it cannot be, and proven from the log", async () => {
  const { alert } = await raised();
  const caseId = await caseOf(alert);
  await untilVersion(caseId, 1);
  const early = await riffle("cases", "close", caseId);
  expect([early.code, early.notes.join()]).toEqual([1, expect.stringContaining("CLI_CONSOLE_REFUSED")]);
  const steps = [
    ["assign", caseId, "ada"],
    ["comment", caseId, "called the holder"],
    ["disposition", caseId, "false-positive", "--reason", "known device"],
    ["close", caseId],
  ];
  for (const [i, words] of steps.entries()) {
    const { code, out, notes } = await riffle("cases", ...words);
    expect([code, out[0], notes]).toEqual([
      0,
      expect.stringContaining(`${caseId} is at version ${i + 2}: `),
      [],
    ]);
    await untilVersion(caseId, i + 2);
  }
  const stale = await riffle("cases", "reopen", caseId, "--expect-version", "2");
  expect([stale.code, stale.notes.join()]).toEqual([1, expect.stringContaining("CLI_CASE_CHANGED")]);
  const history = (await riffle("cases", "show", caseId)).out.join("\n");
  expect(history).toContain("called the holder");
  const closed = await riffle("cases", "list", "--account", alert.accountId, "--status", "closed");
  expect(closed.out.join()).toContain(caseId);
  const seen = await run(["doctor", "--lag", "1", "--seconds", "1", "--json", ...onBroker()]);
  const { findings } = JSON.parse(seen.out.join()) as {
    readonly findings: readonly { readonly subject: string }[];
  };
  expect(findings.filter(({ subject }) => subject.startsWith("console"))).toEqual([]);
  const proof = await run(["cases", "verify", caseId, "--json", ...onBroker()]);
  expect([proof.code, JSON.parse(proof.out.join())]).toEqual([
    0,
    expect.objectContaining({ holds: true, cases: 1, events: 5, faults: [], unreadable: [] }),
  ]);
}, 120_000);

// A bug here looks like a passport that is wrong where it matters: a hop at another offset, a window of somebody else, a
// pattern without its step. One story by hand, through a real Kafka and the process as it ships, and every field of it.

import { type Alert, averageMoney, topics } from "@riffle/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningKafka } from "../../../../infra/kafka/local-kafka.ts";
import type { Passport } from "../../src/answers.ts";
import { ConsoleProcess } from "../harness/console-process.ts";
import { startTopics, writeStory } from "../harness/console-topics.ts";
import { alertOf, noonMs, notificationOf, Story, traceIdOf, transactionOf } from "../harness/story.ts";

let kafka: RunningKafka;
let console: ConsoleProcess;

const secondsAfterNoon = (seconds: number): string => new Date(noonMs + seconds * 1_000).toISOString();
const purchase = (id: string, amount: number, second: number) =>
  transactionOf({ id, amount, occurredAt: secondsAfterNoon(second) });

const small = purchase("small", 900, 10);
const large = purchase("large", 250_000, 20);
const alert: Alert = alertOf("card-testing", [small, large]);
const receivedMs = noonMs + 25_000;
const tumbling = { kind: "tumbling" as const, sizeMs: 300_000, start: noonMs, end: noonMs + 300_000 };
const poison = '{"id":"poison","accountId":"acct-1","amount":"ten"}';

const story = new Story()
  .received(small, { receivedAtMs: noonMs + 12_000 })
  .screened(small, { receivedAtMs: noonMs + 12_000, processedAtMs: noonMs + 12_004 })
  .counted(small, { receivedAtMs: noonMs + 12_000, processedAtMs: noonMs + 12_009 })
  .received(large, { receivedAtMs: receivedMs })
  .screened(large, { receivedAtMs: receivedMs, processedAtMs: receivedMs + 4 })
  .counted(
    large,
    { receivedAtMs: receivedMs, processedAtMs: receivedMs + 9 },
    { count: 2, sum: 250_900, min: 900, max: 250_000, average: averageMoney(250_900, 2) },
  )
  .alert("card-testing", [small, large], { receivedAtMs: receivedMs, processedAtMs: receivedMs + 11 })
  .notified(alert, "webhook", receivedMs + 20, { receivedAtMs: receivedMs, processedAtMs: receivedMs + 31 })
  .aggregate(large, { window: tumbling, final: true, count: 2, sum: 250_900, min: 900 }, undefined)
  .received(large, { receivedAtMs: receivedMs + 500 })
  .rejected(large, "duplicate", { receivedAtMs: receivedMs + 500, processedAtMs: receivedMs + 503 })
  .received(purchase("waiting", 5, 30), { receivedAtMs: receivedMs + 600 })
  .unreadable(topics.transactionsReceived.name, "acct-1", receivedMs + 700, poison)
  .deadLetter(
    topics.filterDeadLetters,
    "acct-1",
    poison,
    { topic: topics.transactionsReceived.name, offset: 4 },
    receivedMs + 700,
  );
const partition = story.partitionOf("acct-1");

beforeAll(async () => {
  kafka = await startTopics();
  await writeStory(kafka.brokers, story.records);
  console = await ConsoleProcess.start(kafka.brokers);
  await console.untilLive();
}, 150_000);

afterAll(async () => {
  await console?.end("SIGTERM");
  await kafka?.stop();
}, 60_000);

const passportOf = async (id: string) => (await console.get<Passport>(`/v1/transactions/${id}`)).body;
const at = (topic: { readonly name: string }, offset: number) => ({ topic: topic.name, partition, offset });

describe("the passport", () => {
  it("of a transaction that completed a pattern has every hop, with its place and its milliseconds", async () => {
    const hops = (await passportOf("large")).hops;
    const eventTime = large.occurredAt;
    expect(hops).toEqual([
      {
        stage: "received",
        service: "ingest",
        ...at(topics.transactionsReceived, 1),
        eventTime,
        atMs: receivedMs,
        sincePreviousMs: null,
      },
      {
        stage: "received",
        service: "ingest",
        ...at(topics.transactionsReceived, 2),
        eventTime,
        atMs: receivedMs + 500,
        sincePreviousMs: null,
      },
      {
        stage: "screened",
        service: "filter",
        ...at(topics.transactionsScreened, 1),
        eventTime,
        atMs: receivedMs + 4,
        sincePreviousMs: 4,
      },
      {
        stage: "rejected",
        service: "filter",
        ...at(topics.transactionsRejected, 0),
        eventTime,
        atMs: receivedMs + 503,
        sincePreviousMs: 3,
        reason: "duplicate",
      },
      {
        stage: "counted",
        service: "aggregator",
        ...at(topics.aggregatesAccount, 1),
        eventTime,
        atMs: receivedMs + 9,
        sincePreviousMs: 5,
      },
      {
        stage: "matched",
        service: "fraud-detector",
        ...at(topics.alerts, 0),
        eventTime,
        atMs: receivedMs + 11,
        sincePreviousMs: 7,
        alertId: alert.id,
      },
      {
        stage: "notified",
        service: "notifier",
        ...at(topics.notifications, 0),
        eventTime,
        atMs: receivedMs + 31,
        sincePreviousMs: 20,
        alertId: alert.id,
      },
    ]);
  });

  it("has the windows with their values, the pattern with its step, the alert, the delivery and the trace", async () => {
    const { hops: _hops, ...rest } = await passportOf("large");
    const values = { currency: "EUR", count: 2, sum: 250_900, min: 900, max: 250_000, average: 125_450 };
    expect(rest).toEqual({
      id: "large",
      accountId: "acct-1",
      status: "screened",
      transaction: large,
      traceId: traceIdOf("large"),
      windows: [
        { ...tumbling, ...values, final: true },
        {
          kind: "sliding",
          sizeMs: 300_000,
          start: noonMs + 20_000 - 299_999,
          end: noonMs + 20_001,
          ...values,
          final: false,
        },
      ],
      patterns: [
        {
          alertId: alert.id,
          rule: "card-testing",
          ruleVersion: 1,
          status: "raised",
          step: 2,
          steps: 2,
          stepName: "large",
        },
      ],
      alerts: [alert],
      deliveries: [notificationOf(alert, "webhook", receivedMs + 20)],
      deadLetter: null,
      late: [],
      others: [],
    });
  });

  it("of a transaction that nobody has answered yet says received, and that of an unreadable one why", async () => {
    expect(await passportOf("waiting")).toMatchObject({ status: "received", hops: [{ stage: "received" }] });
    expect(await passportOf("poison")).toMatchObject({
      status: "dead-lettered",
      transaction: null,
      hops: [{ stage: "dead-lettered", service: "filter", atMs: null }],
      deadLetter: {
        topic: "filter.dlq.v1",
        partition,
        offset: 0,
        reasonCode: "VALUE_INVALID",
        message: "it cannot be read",
      },
    });
  });

  it("of an id that never came is a problem that says whether to ask again", async () => {
    expect(await console.get("/v1/transactions/nobody")).toMatchObject({
      status: 404,
      body: { code: "not-found", status: 404, rebuilding: false },
    });
  });
});

describe("the other reads", () => {
  it("list transactions newest first, page by page, an id once", async () => {
    type Page = {
      readonly items: readonly { readonly id: string; readonly status: string }[];
      readonly next: string | null;
    };
    const first = (await console.get<Page>("/v1/transactions?limit=2")).body;
    const second = (await console.get<Page>(`/v1/transactions?limit=2&after=${first.next}`)).body;
    expect([...first.items, ...second.items].map(({ id, status }) => `${id} ${status}`)).toEqual([
      "waiting received",
      "large screened",
      "small screened",
    ]);
    expect(second.next).toBeNull();
  });

  it("show the account with its windows, alerts and deliveries, and the series of a window", async () => {
    const { body } = await console.get<Record<string, unknown>>("/v1/accounts/acct-1");
    expect(body).toMatchObject({
      accountId: "acct-1",
      transactions: { count: 3, first: small.occurredAt, last: secondsAfterNoon(30) },
      windows: [
        { kind: "sliding", count: 2 },
        { kind: "tumbling", count: 2 },
      ],
      alerts: [{ id: alert.id, partition, offset: 0, atMs: receivedMs + 11 }],
      deliveries: [{ channel: "webhook" }],
    });
    expect(
      (await console.get<unknown>("/v1/accounts/acct-1/windows?kind=sliding&sizeMs=300000&currency=EUR"))
        .body,
    ).toMatchObject({
      points: [
        { count: 1, sum: 900 },
        { count: 2, sum: 250_900 },
      ],
    });
  });

  it("list alerts by what is asked, with their history, and dead letters without their values", async () => {
    const { body } = await console.get<{ items: object[] }>(
      "/v1/alerts?account=acct-1&rule=card-testing&severity=high&status=raised",
    );
    expect(body.items).toMatchObject([{ ...alert, partition, offset: 0 }]);
    expect((await console.get<{ items: object[] }>("/v1/alerts?severity=low")).body.items).toEqual([]);
    expect((await console.get(`/v1/alerts/${alert.id}`)).body).toMatchObject({
      alert,
      history: [{ status: "raised", changedBy: "large", offset: 0 }],
      deliveries: [{ outcome: "delivered" }],
    });
    const letters = (await console.get<{ items: object[] }>("/v1/dead-letters")).body.items;
    expect(letters).toMatchObject([{ topic: "filter.dlq.v1", reasonCode: "VALUE_INVALID" }]);
    expect(JSON.stringify(letters)).not.toContain("ten");
  });

  it("refuse what they do not understand, by name", async () => {
    const refusal = async (path: string) => (await console.get<{ code: string; detail: string }>(path)).body;
    expect(await refusal("/v1/alerts?severity=huge")).toMatchObject({ code: "invalid-query", status: 400 });
    expect(await refusal("/v1/alerts?colour=red")).toMatchObject({ code: "invalid-query" });
    expect(await refusal("/v1/transactions?after=nonsense")).toMatchObject({ code: "invalid-cursor" });
    expect(await refusal("/v1/nothing")).toMatchObject({ code: "unknown-path", status: 404 });
  });

  it("leave the address itself to the dashboard, whoever asks, and other pages to browsers", async () => {
    const ask = async (path: string, accept: string): Promise<string> => {
      const { status, headers } = await fetch(`${console.url}${path}`, { headers: { accept } });
      return `${status} ${headers.get("content-type")?.split(";")[0]}`;
    };
    expect(await ask("/", "*/*")).toBe("200 text/html");
    expect(await ask("/alerts", "text/html")).toBe("200 text/html");
    expect(await ask("/alerts", "*/*")).toBe("404 application/problem+json");
  });

  it("tell the state of the read model, its epoch, and what the ledger adds up to", async () => {
    // The desk opened a case for the alert, and its events are read like all others.
    await console.untilLive();
    const { body } = await console.get<Record<string, unknown>>("/v1/status");
    expect(body).toMatchObject({
      phase: "live",
      percent: 100,
      epoch: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
    expect((await console.get("/v1/overview")).body).toMatchObject({
      totals: { received: 5, screened: 2, rejected: 1, deadLettered: 1, alerts: 1, notifications: 1 },
    });
    expect(await console.admin("/readyz?verbose")).toMatch(/read model: live, \d+ records behind/);
    expect(await console.admin("/metrics")).toMatch(/riffle_console_rebuild_ratio\{service="console"\} 1/);
  });
});

// A bug here is found at night: a graph that is empty because its metric is called otherwise, a lag that is not 0 though
// nothing waits, a trace that ends half-way. Five real processes, one fraud.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ServiceName, serviceNames, type Transaction, topics } from "@riffle/contracts";
import { dashboardFiles } from "@riffle/infra/grafana/dashboards";
import { askedInVain, type ExportedSeries, exportedSeries } from "@riffle/infra/grafana/exported-series";
import { type RunningKafka, startKafka } from "@riffle/infra/kafka";
import { OtlpReceiver } from "@riffle/infra/otlp/otlp-receiver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { untilDrained } from "../../pipeline/drained.ts";
import { createTopics, RunningPipeline } from "../../pipeline/running-pipeline.ts";
import { waitFor } from "../../pipeline/wait-for.ts";
import { WebhookReceiver, webhookSecret } from "../../pipeline/webhook-receiver.ts";

const streamServices = ["filter", "aggregator", "fraud-detector", "notifier"] as const;
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const clientSpan = "00f067aa0ba902b7";
/**
 * Not in what a service exports now: Prometheus' own about the scrape, what is shown while state is restored, and the stream
 * time of the console's case desk, which gets no command here.
 */
const atOtherTimes: readonly ExportedSeries[] = [
  ...serviceNames.flatMap((service) => [
    { name: "up", labels: { service } },
    { name: "riffle_stream_restore_remaining_records", labels: { service, store: "", partition: "" } },
  ]),
  { name: "riffle_stream_watermark_delay_seconds", labels: { service: "console", partition: "" } },
];

let kafka: RunningKafka;
let webhooks: WebhookReceiver;
let collector: OtlpReceiver;
let pipeline: RunningPipeline;

beforeAll(async () => {
  kafka = await startKafka();
  webhooks = await WebhookReceiver.listen();
  collector = await OtlpReceiver.listen();
  await createTopics(kafka.brokers);
  pipeline = await RunningPipeline.start({
    brokers: kafka.brokers,
    services: serviceNames,
    env: {
      WEBHOOK_URL: webhooks.url,
      WEBHOOK_SECRET: webhookSecret,
      WEBHOOK_ALLOW_PRIVATE_ADDRESSES: "true",
      CONSOLE_ENABLED: "false",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_TRACES_SAMPLER_ARG: "0",
    },
  });
  await defraud();
  await waitFor("the webhook", () => webhooks.messages.size > 0);
  await untilDrained(kafka.brokers, streamServices, 30_000);
}, 180_000);

afterAll(async () => {
  await pipeline?.stop();
  await webhooks?.close();
  await collector?.close();
  await kafka?.stop();
}, 60_000);

/** Three small purchases and a large one; only the large one belongs to a trace that is recorded. */
const defraud = async (): Promise<void> => {
  for (const [i, amount] of [150, 240, 99, 129_900].entries()) {
    const transaction: Transaction = {
      id: `o-${i}`,
      accountId: "acct-observed",
      amount,
      currency: "EUR",
      occurredAt: new Date(Date.now() - (40 - 10 * i) * 1_000).toISOString(),
      type: "purchase",
    };
    const trace = amount > 1_000 ? { traceparent: `00-${traceId}-${clientSpan}-01` } : undefined;
    const answer = await fetch(`${pipeline.ingestUrl}/v1/transactions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...trace },
      body: JSON.stringify(transaction),
    });
    expect(answer.status).toBe(202);
  }
};

const scrape = async (service: ServiceName): Promise<string> => {
  const answer = await fetch(`http://127.0.0.1:${pipeline.adminPortOf(service)}/metrics`);
  return await answer.text();
};

const exportedBy = async (...services: readonly ServiceName[]): Promise<ExportedSeries[]> => {
  const expositions = await Promise.all(services.map(scrape));
  return [...expositions.flatMap(exportedSeries), ...atOtherTimes];
};

/** Values of one metric's series, those with all of the texts among their labels. */
const values = (text: string, metric: string, ...labels: readonly string[]): number[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith(`${metric}{`) && labels.every((label) => line.includes(label)))
    .map((line) => Number(line.slice(line.lastIndexOf(" ") + 1)));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

interface Asked {
  readonly expr: string;
  readonly legendFormat?: string;
}

const queriesOf = (page: string): Asked[] =>
  (
    JSON.parse(dashboardFiles().get(`riffle-${page}.json`) ?? "") as { panels: { targets?: Asked[] }[] }
  ).panels.flatMap(({ targets = [] }) => targets);

const ruleExpressions = (): Asked[] => {
  const folder = join(import.meta.dirname, "../../../infra/prometheus/rules");
  return readdirSync(folder).flatMap((file) =>
    (parse(readFileSync(join(folder, file), "utf8")) as { groups: { rules: Asked[] }[] }).groups.flatMap(
      ({ rules }) => rules,
    ),
  );
};

/** The dashboard's read model follows on its own, so that its first counts may still be on their way. */
const untilAnswered = async (asked: readonly Asked[], ...services: readonly ServiceName[]): Promise<void> => {
  expect(asked.length).toBeGreaterThan(0);
  const inVain = async () => {
    const series = await exportedBy(...services);
    return asked.flatMap(({ expr, legendFormat }) => askedInVain(expr, series, legendFormat));
  };
  await expect.poll(inVain, { timeout: 20_000 }).toEqual([]);
};

describe("metrics, labels and values that are asked for", () => {
  it.each(serviceNames)(
    "by the page of %s are exported by that service",
    { timeout: 30_000 },
    async (service) => {
      await untilAnswered(queriesOf(service), service);
    },
  );

  it("by the pipeline's page are exported by one of them", { timeout: 30_000 }, async () => {
    await untilAnswered(queriesOf("pipeline"), ...serviceNames);
  });

  it("by the alert rules are exported by one of them", { timeout: 30_000 }, async () => {
    await untilAnswered(ruleExpressions(), ...serviceNames);
  });
});

describe("an idle pipeline", () => {
  it.each(streamServices)("shows no lag in %s, neither in records nor in seconds", async (service) => {
    const lags = async (metric: string) => values(await scrape(service), metric);
    await waitFor("the lag to be known", async () => (await lags("riffle_stream_lag_records")).length > 0);
    await expect.poll(async () => sum(await lags("riffle_stream_lag_records")), { timeout: 10_000 }).toBe(0);
    expect(sum(await lags("riffle_stream_lag_seconds"))).toBe(0);
    expect((await lags("riffle_stream_lag_seconds")).length).toBeGreaterThan(0);
  });

  it("has nothing behind an open transaction, and its positions are past the markers", async () => {
    const text = await scrape("aggregator");
    const screened = `topic="${topics.transactionsScreened.name}"`;
    expect(sum(values(text, "riffle_stream_undecided_records"))).toBe(0);
    // Four records, and a marker for each commit at the least.
    expect(sum(values(text, "riffle_stream_position_offset", screened))).toBeGreaterThan(4);
  });
});

it("the ledger adds up: recorded = read = screened + rejected + dead-lettered", async () => {
  const text = await scrape("filter");
  const out = (topic: string) => sum(values(text, "riffle_stream_records_out_total", `topic="${topic}"`));
  expect(sum(values(await scrape("ingest"), "riffle_ingest_recorded_total"))).toBe(4);
  expect(sum(values(text, "riffle_stream_records_in_total"))).toBe(4);
  expect([
    out(topics.transactionsScreened.name),
    out(topics.transactionsRejected.name),
    out(topics.filterDeadLetters.name),
  ]).toEqual([4, 0, 0]);
});

describe("one trace", () => {
  const spansOf = (name: string) =>
    collector.spans.filter((span) => span.name === name && span.traceId === traceId);

  it("goes from the POST to the webhook", async () => {
    await waitFor("the spans", () => spansOf("deliver alert").length > 0);
    await waitFor("the request's span", () => spansOf("POST /v1/transactions").length > 0);
    const [request] = spansOf("POST /v1/transactions");
    const [delivery] = spansOf("deliver alert");
    expect(request).toMatchObject({ service: "ingest", parentSpanId: clientSpan });
    expect(delivery).toMatchObject({ service: "notifier", parentSpanId: request?.spanId, statusCode: 0 });
    expect(webhooks.traceparents).toEqual([`00-${traceId}-${delivery?.spanId}-01`]);
  });

  it("is linked to the commit of every service on its way", async () => {
    const linked = () =>
      collector.spans
        .filter(
          ({ links, name }) => name === "atomic commit" && links.some((link) => link.traceId === traceId),
        )
        .map(({ service }) => service);
    await waitFor("a commit of each service", () => new Set(linked()).size === streamServices.length);
    expect(new Set(linked())).toEqual(new Set(streamServices));
  });

  it("is all that is recorded, and tells nothing of the account", () => {
    expect(collector.spans.filter(({ name }) => name !== "atomic commit")).toHaveLength(2);
    expect(JSON.stringify(collector.spans)).not.toMatch(/acct-observed|o-3|129900/);
  });
});

// A bug here looks like a console that shows something else than the topics hold: a hop at a place where there is no such
// record, a time nobody wrote, a ledger that does not add up though nothing is missing. All services, as they ship.

import { headerNames, type Transaction, topics } from "@riffle/contracts";
import { type RunningKafka, startKafka } from "@riffle/infra/kafka";
import { readTopic } from "@riffle/streams/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTopics, RunningPipeline } from "../../pipeline/running-pipeline.ts";
import { waitFor } from "../../pipeline/wait-for.ts";
import { postAll } from "../../workload/post.ts";

const services = ["ingest", "filter", "aggregator", "fraud-detector", "notifier", "console"] as const;

interface Hop {
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly atMs: number | null;
  readonly sincePreviousMs: number | null;
}

interface Passport {
  readonly status: string;
  readonly traceId: string | null;
  readonly hops: readonly Hop[];
  readonly windows: readonly { readonly kind: string; readonly count: number; readonly sum: number }[];
  readonly patterns: readonly { readonly step: number; readonly steps: number; readonly rule: string }[];
}

let kafka: RunningKafka;
let pipeline: RunningPipeline;

beforeAll(async () => {
  kafka = await startKafka();
  await createTopics(kafka.brokers);
  pipeline = await RunningPipeline.start({ brokers: kafka.brokers, services, env: { NO_COLOR: "1" } });
}, 150_000);

afterAll(async () => {
  await pipeline?.stop();
  await kafka?.stop();
}, 60_000);

const secondsAgo = (seconds: number): string => new Date(Date.now() - seconds * 1_000).toISOString();

const purchase = (id: string, amount: number, occurredAt: string): Transaction => ({
  id,
  accountId: "acct-console",
  amount,
  currency: "EUR",
  occurredAt,
  type: "purchase",
});

const ask = async <V>(path: string): Promise<V> =>
  (await (await fetch(`${pipeline.consoleUrl}${path}`)).json()) as V;

const stagesOf = ({ hops }: Passport): string[] => hops.map(({ stage }) => stage).toSorted();

const four = [
  purchase("c-1", 150, secondsAgo(40)),
  purchase("c-2", 240, secondsAgo(30)),
  purchase("c-3", 99, secondsAgo(20)),
  purchase("c-4", 129_900, secondsAgo(10)),
];
const wholeWay = ["counted", "matched", "notified", "received", "screened"];

describe("the console beside five real services", () => {
  it("shows the whole way of a transaction, each hop where the topic has it, with a time for each", async () => {
    await postAll(pipeline.ingestUrl, four, { concurrency: 1 });
    let passport: Passport | undefined;
    await waitFor("the passport to be whole", async () => {
      passport = await ask<Passport>("/v1/transactions/c-4");
      return passport.hops !== undefined && stagesOf(passport).join() === wholeWay.join();
    });
    if (passport === undefined) throw new Error("there is a passport");
    expect(passport.status).toBe("screened");
    for (const { stage, topic, partition, offset, atMs, sincePreviousMs } of passport.hops) {
      const records = await readTopic({ brokers: kafka.brokers, clientId: "test", topic });
      const record = records[partition]?.find((found) => found.offset === offset);
      const headers = new Map(record?.headers.map(([name, value]) => [name, String(value)]));
      const name = stage === "received" ? headerNames.receivedAt : headerNames.processedAt;
      expect([stage, String(atMs)]).toEqual([stage, headers.get(name)]);
      expect(headers.get(headerNames.traceparent)).toContain(passport.traceId);
      if (stage !== "received") expect(sincePreviousMs).toBeGreaterThanOrEqual(0);
    }
    expect(passport.patterns).toMatchObject([{ rule: "card-testing", step: 4, steps: 4 }]);
    expect(passport.windows.find(({ kind }) => kind === "sliding")).toMatchObject({ count: 4, sum: 130_389 });
  });

  it("tells the first of the four at which step it took part", async () => {
    expect((await ask<Passport>("/v1/transactions/c-1")).patterns).toMatchObject([{ step: 1, steps: 4 }]);
  });

  it("has a ledger that adds up, and the lag and the replicas of each group", async () => {
    await postAll(pipeline.ingestUrl, four, { concurrency: 1 });
    interface Ledger {
      readonly minutes: readonly {
        readonly received: number;
        readonly rejected: number;
        readonly gap: number;
      }[];
    }
    const sum = (ledger: Ledger, of: "received" | "rejected" | "gap"): number =>
      ledger.minutes.reduce((total, minute) => total + minute[of], 0);
    let ledger: Ledger = { minutes: [] };
    await waitFor("eight to be answered", async () => {
      ledger = await ask<Ledger>("/v1/ledger");
      return sum(ledger, "received") === 8 && sum(ledger, "gap") === 0;
    });
    expect(sum(ledger, "rejected")).toBe(4);

    interface Overview {
      readonly clusterAtMs: number | null;
      readonly edges: readonly {
        readonly to: string;
        readonly lagRecords: number | null;
        readonly p99Ms: number | null;
      }[];
      readonly services: readonly {
        readonly name: string;
        readonly replicas: readonly { readonly instance: string; readonly partitions: readonly number[] }[];
      }[];
    }
    // An answer from before anybody had joined says 0 as well: of empty topics, and of groups without a member.
    const answeredAtMs = Date.now();
    let overview: Overview | undefined;
    await waitFor("the cluster to say that no group lags", async () => {
      overview = await ask<Overview>("/v1/overview");
      if ((overview.clusterAtMs ?? 0) < answeredAtMs) return false;
      return overview.edges.filter(({ lagRecords }) => lagRecords === 0).length === 4;
    });
    const filter = overview?.services.find(({ name }) => name === "filter");
    expect(filter?.replicas).toMatchObject([
      { instance: "filter-0", partitions: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] },
    ]);
    expect(overview?.edges.find(({ to }) => to === "notifier")?.p99Ms).toBeGreaterThan(0);
  });

  it("answers the same after it was killed, from a database that it has built anew", async () => {
    const before = await ask<Passport>("/v1/transactions/c-4");
    const { epoch } = await ask<{ epoch: string }>("/v1/status");
    pipeline.kill("console");
    await waitFor("the console to be gone", () => pipeline.lastEndOf("console") === "SIGKILL");
    await pipeline.untilServiceReady("console");
    // Its windows go on closing meanwhile; what happened to it stays.
    const { status, hops, patterns } = before;
    expect(await ask("/v1/transactions/c-4")).toMatchObject({ status, hops, patterns });
    // Without DATA_DIR every process has a folder of its own, and builds it anew.
    expect((await ask<{ epoch: string }>("/v1/status")).epoch).not.toBe(epoch);
  });

  it("has an alert of the topic in its list", async () => {
    const alerts = await readTopic({ brokers: kafka.brokers, clientId: "test", topic: topics.alerts.name });
    const [record] = alerts.flat();
    const alert = topics.alerts.codec.decode(record?.value ?? null, "alert/2");
    expect((await ask<{ items: object[] }>("/v1/alerts?account=acct-console")).items).toMatchObject([alert]);
  });
});

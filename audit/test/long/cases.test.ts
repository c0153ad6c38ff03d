// A bug here loses what an analyst was told is on record, records it twice, or lets two of them overwrite each other. The
// real console is killed with SIGKILL at every step of a commit, and in the middle of alerts that pour in; what its topic
// holds afterwards must be a proven log with each command and each alert once.

import { randomUUID } from "node:crypto";
import { type ChainFault, verifyLog } from "@riffle/cases";
import { type Alert, type CaseEvent, topics } from "@riffle/contracts";
import { type RunningKafka, startKafka } from "@riffle/infra/kafka";
import { IdempotentProducer, readTopic } from "@riffle/streams/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTopics, RunningPipeline } from "../../pipeline/running-pipeline.ts";
import { waitFor } from "../../pipeline/wait-for.ts";
import { madeUpAlert } from "../../workload/made-up-alert.ts";

const startMs = Date.now() - 3_600_000;

let kafka: RunningKafka;
let pipeline: RunningPipeline;
let producer: IdempotentProducer;
let url: string;

beforeAll(async () => {
  kafka = await startKafka();
  await createTopics(kafka.brokers);
  producer = await IdempotentProducer.connect({
    brokers: kafka.brokers,
    clientId: "alerts",
    topics: [topics.alerts.name],
  });
  pipeline = await RunningPipeline.start({
    brokers: kafka.brokers,
    services: ["console"],
    restarts: "always",
    env: {
      AUTH: "none",
      IDLE_AFTER_MS: "3600000",
      SESSION_TIMEOUT_MS: "6000",
      TRANSACTION_TIMEOUT_MS: "4000",
      HEARTBEAT_INTERVAL_MS: "1000",
    },
  });
  url = pipeline.consoleUrl;
}, 180_000);

afterAll(async () => {
  await pipeline?.stop();
  await producer?.close();
  await kafka?.stop();
}, 60_000);

/** Writes alerts as the fraud detector does: keyed by account, their event time as timestamp. */
const raise = async (...alerts: readonly Alert[]): Promise<void> => {
  const { name: topic, codec } = topics.alerts;
  const sends = alerts.map((alert) =>
    producer.send({
      topic,
      key: alert.accountId,
      value: codec.encode(alert),
      timestampMs: Date.parse(alert.lastAt),
      headers: { schema: codec.schema },
    }),
  );
  await Promise.all(sends);
};

const eventsOnRecord = async (): Promise<CaseEvent[]> => {
  const partitions = await readTopic({
    brokers: kafka.brokers,
    clientId: "test",
    topic: topics.casesEvents.name,
  });
  return partitions.flat().map(({ value, headers }) => {
    const schema = headers.find(([name]) => name === "schema")?.[1];
    return topics.casesEvents.codec.decode(value, Buffer.from(schema ?? []).toString());
  });
};

const faultsOnRecord = async (): Promise<readonly ChainFault[]> => {
  const { name, codec } = topics.casesSnapshots;
  const partitions = await readTopic({ brokers: kafka.brokers, clientId: "test", topic: name });
  const snapshots = partitions.flat().map(({ value }) => codec.decode(value, codec.schema));
  return verifyLog({ events: await eventsOnRecord(), snapshots }).faults;
};

interface Answered {
  readonly status: number;
  readonly body: {
    readonly case: { readonly version: number };
    readonly currentVersion: number;
    readonly repeated: boolean;
  };
}

const post = async (caseId: string, body: object): Promise<Answered> => {
  const response = await fetch(`${url}/v1/cases/${caseId}/commands`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answered["body"] };
};

/** Sends a command until it has an answer, as a client that follows the API's advice does. */
const insist = async (caseId: string, body: object): Promise<Answered> => {
  let answer: Answered | undefined;
  await waitFor("an answer to a command", async () => {
    // A refused connection, or one that broke: the console is down, and whether it took the command is not known.
    const given = await post(caseId, body).catch(() => undefined);
    if (given !== undefined && given.status !== 503 && given.status !== 404) answer = given;
    return answer !== undefined;
  });
  return answer as unknown as Answered;
};

/** The one open case of an account, once the read model shows it. */
const caseOf = async (accountId: string): Promise<string> => {
  let id = "";
  await waitFor(`the case of ${accountId}`, async () => {
    const response = await fetch(`${url}/v1/cases?status=open&account=${accountId}`).catch(() => undefined);
    const page = (await response?.json()) as { items?: { id: string }[] } | undefined;
    id = page?.items?.[0]?.id ?? "";
    return id !== "";
  });
  return id;
};

describe("two analysts at once", () => {
  it("do not both win: one command is on record, the other is told the version", async () => {
    await raise(madeUpAlert("acct-two", 1, startMs));
    const id = await caseOf("acct-two");
    for (let version = 1; version <= 10; version++) {
      const answers = await Promise.all(
        ["ann", "bob"].map((text) => post(id, { command: "comment", text, expectedVersion: version })),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
      expect(answers.find(({ status }) => status === 409)?.body.currentVersion).toBe(version + 1);
    }
    expect((await eventsOnRecord()).filter(({ caseId }) => caseId === id)).toHaveLength(11);
  });
});

describe("a console that is killed while it commits a command", () => {
  it.each(["before-produce", "after-produce", "after-offset-commit", "after-end-txn"])(
    "%s: the command is on record once, and its repeat is answered",
    async (point) => {
      const accountId = `acct-${point}`;
      await raise(madeUpAlert(accountId, 1, startMs));
      const id = await caseOf(accountId);
      // The first commit of a life is that of its tasks' beginning.
      pipeline.kill("console", { env: { RIFFLE_FAILPOINT: `${point}:kill:2` } });
      await waitFor("the armed life", () => pipeline.pidOf("console") !== undefined);
      await pipeline.untilReady();
      const armed = pipeline.pidOf("console");
      const commandId = randomUUID();
      const answer = await insist(id, { command: "comment", text: point, expectedVersion: 1, commandId });
      expect(answer).toMatchObject({ status: 200, body: { case: { version: 2 } } });
      expect(pipeline.pidOf("console")).not.toBe(armed);
      expect(pipeline.lastEndOf("console")).toBe("SIGKILL");
      const own = (await eventsOnRecord()).filter((event) => event.commandId === commandId);
      expect(own).toMatchObject([{ caseId: id, version: 2, text: point }]);
      expect(await faultsOnRecord()).toEqual([]);
    },
    90_000,
  );
});

describe("a console that is killed while alerts and commands pour in", () => {
  it("has every alert in one case, every answered command on record, and a log that is proven", async () => {
    const accounts = 40;
    const perAccount = 25;
    const alerts = Array.from({ length: accounts * perAccount }, (_, i) =>
      madeUpAlert(`acct-pour-${i % accounts}`, i, startMs + i * 1_000),
    );
    const [first, ...rest] = Array.from({ length: perAccount }, (_, i) =>
      alerts.slice(i * accounts, (i + 1) * accounts),
    );
    await raise(...(first ?? []));
    const ids = await Promise.all(["acct-pour-0", "acct-pour-1", "acct-pour-2"].map(caseOf));
    const answered: string[] = [];
    const comment = async (id: string): Promise<void> => {
      for (let n = 0; n < 15; n++) {
        const commandId = randomUUID();
        let expectedVersion = 1;
        let status = 409;
        while (status === 409) {
          const answer = await insist(id, { command: "comment", text: `${n}`, expectedVersion, commandId });
          status = answer.status;
          expectedVersion = answer.body.currentVersion;
        }
        expect(status).toBe(200);
        answered.push(commandId);
      }
    };
    const commenting = Promise.all(ids.map(comment));
    let kills = 0;
    for (const [i, some] of rest.entries()) {
      await raise(...some);
      if (i % 8 === 3) {
        if (pipeline.kill("console")) kills++;
        await waitFor("the next life", () => pipeline.pidOf("console") !== undefined);
      }
    }
    await commenting;
    expect(kills).toBeGreaterThan(0);
    const wanted = alerts.map(({ id }) => id).toSorted();
    const joined = async () =>
      (await eventsOnRecord())
        .filter(({ accountId }) => accountId.startsWith("acct-pour-"))
        .flatMap((event) =>
          event.type === "opened" || event.type === "alert-joined" ? [event.alertId] : [],
        );
    await waitFor("all alerts to be in cases", async () => (await joined()).length >= wanted.length);

    expect((await joined()).toSorted()).toEqual(wanted);
    const onRecord = (await eventsOnRecord()).flatMap(({ commandId }) => commandId ?? []);
    expect(answered).toHaveLength(45);
    expect(onRecord.filter((commandId) => answered.includes(commandId)).toSorted()).toEqual(
      answered.toSorted(),
    );
    expect(new Set(onRecord).size).toBe(onRecord.length);
    expect(await faultsOnRecord()).toEqual([]);
  }, 180_000);
});

// A bug here leaves an operator without a way to have an alert delivered that nobody was told of.

import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Alert, topics } from "@riffle/contracts";
import { type RunningKafka, startKafka } from "@riffle/infra/kafka";
import { IdempotentProducer, readTopic } from "@riffle/streams/kafka";
import { afterAll, beforeAll, expect, it } from "vitest";
import { alertOf } from "../../deliveries/delivery-audit.ts";
import { createTopics, RunningPipeline } from "../../pipeline/running-pipeline.ts";
import { waitFor } from "../../pipeline/wait-for.ts";
import { webhookSecret } from "../../pipeline/webhook-receiver.ts";

const command = fileURLToPath(new URL("../../../packages/cli/src/main.ts", import.meta.url));

let kafka: RunningKafka;
let pipeline: RunningPipeline;
let status = 410;
const ids: string[] = [];
const server: Server = createServer((request, response) => {
  request.resume().on("end", () => {
    ids.push(String(request.headers["webhook-id"]));
    response.writeHead(status).end();
  });
});

beforeAll(async () => {
  kafka = await startKafka();
  await createTopics(kafka.brokers);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  pipeline = await RunningPipeline.start({
    brokers: kafka.brokers,
    services: ["notifier"],
    env: {
      CONSOLE_ENABLED: "false",
      WEBHOOK_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      WEBHOOK_SECRET: webhookSecret,
      WEBHOOK_ALLOW_PRIVATE_ADDRESSES: "true",
    },
  });
}, 240_000);

afterAll(async () => {
  await pipeline?.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await kafka?.stop();
}, 60_000);

const riffle = async (...words: string[]): Promise<string> => {
  const args = [command, ...words, "--brokers", kafka.brokers.join(",")];
  return (await promisify(execFile)(process.execPath, args)).stdout;
};

const raise = async (alert: Alert): Promise<void> => {
  const { name, codec } = topics.alerts;
  const producer = await IdempotentProducer.connect({
    brokers: kafka.brokers,
    clientId: "test",
    topics: [name],
  });
  await producer.send({
    topic: name,
    key: alert.accountId,
    value: codec.encode(alert),
    timestampMs: Date.now(),
    headers: { schema: codec.schema },
  });
  await producer.close();
};

const outcomes = async (): Promise<string[]> => {
  const { name, codec } = topics.notifications;
  const records = (await readTopic({ brokers: kafka.brokers, clientId: "test", topic: name })).flat();
  return records.map(({ value }) => {
    const { outcome, reason, redelivery } = codec.decode(value, codec.schema);
    return `${reason ?? outcome} ${redelivery ?? 0}`;
  });
};

const untilOutcomes = (count: number): Promise<void> =>
  waitFor(`${count} outcomes`, async () => (await outcomes()).length >= count, 60_000);

it("an endpoint that is gone is listed, resumed, and has what it missed delivered again, once", async () => {
  await raise(alertOf(1, 1, Date.now()));
  await untilOutcomes(1);
  expect(await outcomes()).toEqual(["endpoint-disabled 0"]);
  expect(await riffle("endpoints", "list")).toMatch(/webhook +disabled/);

  status = 204;
  const [id = ""] = ids;
  expect(JSON.parse(await riffle("notifications", "list", "--json"))).toMatchObject({
    id,
    channel: "webhook",
  });
  await riffle("endpoints", "resume", "webhook");
  await waitFor("the endpoint to be active", async () =>
    /webhook +active /.test(await riffle("endpoints", "list")),
  );
  await riffle("notifications", "redeliver", id, "--yes");
  await untilOutcomes(2);
  expect(await outcomes()).toEqual(["endpoint-disabled 0", "delivered 1"]);
  expect(ids).toEqual([id, id]);
  expect(await riffle("notifications", "list")).toBe("No dead-lettered notifications.\n");
}, 120_000);

it("a paused endpoint is owed its alerts until it is resumed", async () => {
  await riffle("endpoints", "pause", "webhook", "--reason", "moved");
  await waitFor("the endpoint to be paused", async () =>
    /webhook +paused .*moved/.test(await riffle("endpoints", "list")),
  );
  const before = ids.length;
  await raise(alertOf(2, 1, Date.now()));
  await waitFor("a delivery to be owed", async () => / 1 +moved/.test(await riffle("endpoints", "list")));
  expect(ids.length).toBe(before);
  await riffle("endpoints", "resume", "webhook");
  await untilOutcomes(3);
  expect((await outcomes()).at(-1)).toBe("delivered 0");
}, 120_000);

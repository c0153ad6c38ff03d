// A bug here writes a key, a secret or a card number into a log that is shipped elsewhere, from any of the services, or opens a port
// to everybody's network that nobody asked for.
//
// All services as they ship, at their most talkative, on a broker in memory. Card numbers are in all that a client can send, the
// endpoints that are told of it fail, and what nobody can read lands in the dead letters. Then every line is read as text.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcp, type Server as TcpServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { topics } from "@riffle/contracts";
import { startMemoryKafka } from "@riffle/infra/kafka/memory-kafka";
import type { RunningKafka } from "@riffle/infra/kafka/running-kafka";
import { IdempotentProducer } from "@riffle/streams/kafka";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTopics, RunningPipeline } from "../../pipeline/running-pipeline.ts";
import { waitFor } from "../../pipeline/wait-for.ts";
import { webhookSecret } from "../../pipeline/webhook-receiver.ts";

const services = ["ingest", "filter", "aggregator", "fraud-detector", "notifier", "console"] as const;

/** Luhn-valid, of a published test range. */
const card = "4111111111111111";
const cardWritten = /4111[ -]?1111[ -]?1111[ -]?1111/;
const slackPath = "T00000000/B00000000/verysecretpath";
const password = "correct-horse-battery";
const wrongKey = "rk_0123456789abcdef_wrong-key-of-somebody-else-entirely";

const folder = mkdtempSync(join(tmpdir(), "riffle-logs-"));
const keysFile = join(folder, "keys.json");
let kafka: RunningKafka;
let pipeline: RunningPipeline;
let endpoint: Server;
let relay: TcpServer;
let refusals = 0;
let key: string;

const fileOf = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

/** Its name is a card number, and the console logs whose key has read: so one gets as far as a line, and is struck out of it. */
const makeKey = (): string => {
  const script = fileURLToPath(new URL("../../../services/ingest/dist/make-key.js", import.meta.url));
  const scopes = ["transactions:write", "transactions:read", "console:admin"].flatMap((scope) => [
    "--scope",
    scope,
  ]);
  const made = spawnSync(process.execPath, [script, "--name", card, "--file", keysFile, ...scopes], {
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(made.stderr);
  return made.stdout.trim();
};

/** Answers everything with a failure that repeats what it was sent. */
const listen = async (): Promise<number> => {
  endpoint = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      refusals++;
      const words = `${request.url} ${JSON.stringify(request.headers)} ${card}`.replace(/[^\x20-\x7e]/g, "?");
      response.writeHead(500, words).end(Buffer.concat([Buffer.from(words), ...chunks]));
    });
  });
  // A mail relay that hangs up.
  relay = createTcp((socket) => socket.end(`554 ${card}\r\n`));
  await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  return (endpoint.address() as AddressInfo).port;
};

beforeAll(async () => {
  key = makeKey();
  const port = await listen();
  const subscriptions = {
    version: 1,
    endpoints: [
      {
        name: "team",
        kind: "slack",
        urlFile: fileOf("slack", `http://127.0.0.1:${port}/services/${slackPath}`),
      },
      {
        name: "desk",
        kind: "email",
        host: "127.0.0.1",
        port: (relay.address() as AddressInfo).port,
        tls: "implicit",
        userName: "riffle",
        passwordFile: fileOf("password", password),
        from: "riffle@bank.example",
        to: "fraud@bank.example",
      },
    ],
  };
  kafka = await startMemoryKafka(() => {});
  await createTopics(kafka.brokers);
  pipeline = await RunningPipeline.start({
    brokers: kafka.brokers,
    services,
    env: {
      LOG_LEVEL: "trace",
      NO_COLOR: "1",
      API_KEYS_FILE: keysFile,
      WEBHOOK_URL: `http://127.0.0.1:${port}/hook`,
      WEBHOOK_SECRET: webhookSecret,
      WEBHOOK_ALLOW_PRIVATE_ADDRESSES: "true",
      NOTIFIER_SUBSCRIPTIONS: fileOf("subscriptions.json", JSON.stringify(subscriptions)),
      RETRY_WAITS: "100ms,100ms,100ms,100ms,100ms",
    },
  });
}, 240_000);

afterAll(async () => {
  await pipeline?.stop();
  await kafka?.stop();
  endpoint?.close();
  relay?.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const ask = (
  url: string,
  { as = key, ...more }: RequestInit & { readonly as?: string } = {},
): Promise<Response> =>
  fetch(url, { ...more, headers: { authorization: `Bearer ${as}`, "content-type": "application/json" } });

/** A transaction with card numbers wherever a client can put them. */
const transaction = (id: string, amount: number, secondsAgo: number): string =>
  JSON.stringify({
    id,
    accountId: "acct-logs",
    amount,
    currency: "EUR",
    occurredAt: new Date(Date.now() - secondsAgo * 1_000).toISOString(),
    merchantId: card,
    metadata: { note: `card ${card}`, spaced: "4111 1111 1111 1111", dashed: "4111-1111-1111-1111" },
  });

const sendToIngest = async (): Promise<number[]> => {
  const url = `${pipeline.ingestUrl}/v1/transactions`;
  const bodies = [
    transaction("l-1", 150, 40),
    transaction("l-2", 240, 30),
    transaction("l-3", 99, 20),
    transaction(card, 129_900, 10),
    // An account may be called anything of these letters.
    transaction("l-4", 150, 10).replace("acct-logs", card),
    transaction("l-5", 7, 10).replace('"amount":7', `"amount":"${card}"`),
    transaction("l-6", 7, 10).slice(0, -3),
  ];
  const statuses: number[] = [];
  for (const body of bodies) statuses.push((await ask(url, { method: "POST", body })).status);
  statuses.push((await ask(url, { method: "POST", body: bodies[0] ?? "", as: wrongKey })).status);
  statuses.push((await ask(`${url}/${card}`)).status);
  return statuses;
};

/** What no codec reads, with a card number in it. */
const sendPoison = async (): Promise<void> => {
  const { name: topic } = topics.transactionsReceived;
  const producer = await IdempotentProducer.connect({
    brokers: kafka.brokers,
    clientId: "test",
    topics: [topic],
  });
  const value = Buffer.from(`{"card":"${card}","key":"${key}"`);
  await producer.send({
    topic,
    key: card,
    value,
    timestampMs: Date.now(),
    headers: { schema: "transaction/1" },
  });
  await producer.close();
};

/** @returns texts of the session, which are secrets like any other */
const askConsole = async (): Promise<string[]> => {
  const paths = [
    "alerts",
    "transactions",
    `transactions/${card}`,
    "accounts/acct-logs",
    `accounts/${card}`,
    "dead-letters",
    "audit",
    "cases",
  ];
  for (const path of [...paths, `alerts?cursor=${card}`, `nothing/${card}`])
    for (const as of [key, wrongKey])
      await (await ask(`${pipeline.consoleUrl}/v1/${path}`, { as })).arrayBuffer();
  const login = (given: string): Promise<Response> =>
    ask(`${pipeline.consoleUrl}/v1/session`, { method: "POST", body: JSON.stringify({ key: given }) });
  await (await login(wrongKey)).arrayBuffer();
  const session = await login(key);
  expect(session.status).toBe(200);
  const { csrfToken } = (await session.json()) as { csrfToken: string };
  const cookie = /=([^;]+)/.exec(session.headers.get("set-cookie") ?? "")?.[1] ?? "";
  expect([csrfToken.length, cookie.length].every((length) => length > 15)).toBe(true);
  return [csrfToken, cookie];
};

it("no line of any service's log, nor of what it prints, has a key, a secret or a card number", async () => {
  expect(await sendToIngest()).toEqual([202, 202, 202, 202, 202, 400, 400, 401, 404]);
  await sendPoison();
  // Each endpoint has been tried twice, or more.
  await waitFor("the endpoints to refuse", () => refusals >= 6, 60_000);
  await waitFor("the console to have the alert and the dead letter", async () => {
    const pages = await Promise.all(
      ["alerts", "dead-letters"].map(async (path) => (await ask(`${pipeline.consoleUrl}/v1/${path}`)).json()),
    );
    return pages.every((page) => (page as { items: unknown[] }).items.length > 0);
  });
  const ofSession = await askConsole();
  const { sha256 } = (JSON.parse(readFileSync(keysFile, "utf8")) as { keys: [{ sha256: string }] }).keys[0];

  const lines = [...pipeline.logLines()].filter((line) => line !== "");
  const talked = new Set(lines.map((line) => (JSON.parse(line) as { service: string }).service));
  expect([...talked].toSorted()).toEqual([...services].toSorted());
  expect(lines.some((line) => line.includes("[card number]"))).toBe(true);
  expect(pipeline.printed.some((line) => line.includes("acct-logs"))).toBe(true);
  const text = [...lines, ...pipeline.printed].join("\n");
  const secrets = [
    key,
    sha256,
    wrongKey,
    webhookSecret.slice("whsec_".length),
    slackPath,
    password,
    ...ofSession,
  ];
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  expect(lines.filter((line) => cardWritten.test(line))).toEqual([]);
}, 180_000);

/** Another address of this machine, which whoever listens on all of them has too. */
const elsewhere =
  Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === "IPv4" && !each.internal)?.address ?? "127.0.0.2";

/** What became of a connection: `connected`, or the code of its error. */
const connecting = (port: number, host: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ port, host }, () => {
      socket.destroy();
      resolve("connected");
    });
    socket.on("error", (error: Error & { code?: string }) => resolve(String(error.code)));
  });

it("no port of any service listens beyond 127.0.0.1 unless it is told to", async () => {
  const ports = [pipeline.ingestUrl, pipeline.consoleUrl].map((url) => Number(new URL(url).port));
  for (const port of [...ports, ...services.map((name) => pipeline.adminPortOf(name))]) {
    expect(await connecting(port, "127.0.0.1")).toBe("connected");
    expect(await connecting(port, elsewhere)).not.toBe("connected");
  }
  const onAll = createTcp().listen(0, "0.0.0.0");
  await waitFor("a port on all addresses", () => onAll.listening);
  expect(await connecting((onAll.address() as AddressInfo).port, elsewhere)).toBe("connected");
  onAll.close();
});

// What ingest is compared with, as a process of its own: Fastify with a handler that a tutorial would have.
//
//   node bench/ingest-baseline.ts <kind> <port> <brokers>
//
//   no-kafka     the same validation as ingest, then 202: what HTTP and validation cost by themselves
//   await-send   the same validation, then `await producer.send` of stock kafkajs with its own settings, acks=all
//   ndjson       JSON.parse of each line, then stock kafkajs in batches of 1,000; no validation at all

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { headerNames, topics } from "@riffle/contracts";

const root = new URL("..", import.meta.url);
const [kind = "", port = "", brokers = ""] = process.argv.slice(2);

/** The parts of ingest and of the client's own comparison, which other packages may not import: for measuring only. */
const load = async <M>(path: string): Promise<M> => (await import(new URL(path, root).href)) as M;
const fromIngest = createRequire(new URL("services/ingest/package.json", root));

interface Reply {
  code(status: number): Reply;
  type(type: string): Reply;
  send(body: string): Reply;
}
interface App {
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    type: string | string[],
    options: { parseAs: "buffer"; bodyLimit: number },
    parse: (request: unknown, body: Buffer, done: (error: null, body: Buffer) => void) => void,
  ): void;
  post(path: string, handler: (request: { body: Buffer }, reply: Reply) => unknown): void;
  listen(options: { host: string; port: number }): Promise<string>;
}
interface StockClient {
  producer(): {
    connect(): Promise<void>;
    send(batch: { topic: string; acks: number; messages: readonly object[] }): Promise<unknown>;
  };
}
interface Acceptance {
  readonly kind: "accepted" | "refused";
  readonly transaction: { readonly id: string; readonly accountId: string };
  readonly value: Uint8Array;
  readonly occurredAtMs: number;
}

const { fastify } = (await import(pathToFileURL(fromIngest.resolve("fastify")).href)) as {
  fastify(options: object): App;
};
const { acceptTransaction } = await load<{ acceptTransaction(bytes: Uint8Array, nowMs: number): Acceptance }>(
  "services/ingest/dist/accept-transaction.js",
);
const { stockKafka } = await load<{ stockKafka(brokers: readonly string[], clientId: string): StockClient }>(
  "packages/streams/test/conformance/stock-client.ts",
);

const topic = topics.transactionsReceived.name;
const app = fastify({ logger: false });
app.removeAllContentTypeParsers();
app.addContentTypeParser(
  ["application/json", "application/x-ndjson"],
  { parseAs: "buffer", bodyLimit: 10_000_000 },
  (_request, body, done) => done(null, body),
);

const accepted = (reply: Reply, { id, accountId }: Acceptance["transaction"]): Reply =>
  reply
    .code(202)
    .type("application/json; charset=utf-8")
    .send(JSON.stringify({ id, accountId, status: "accepted" }));

if (kind === "no-kafka") {
  app.post("/v1/transactions", async (request, reply) => {
    const verdict = acceptTransaction(request.body, Date.now());
    return verdict.kind === "accepted" ? accepted(reply, verdict.transaction) : reply.code(400).send("no");
  });
} else {
  const producer = stockKafka(brokers.split(","), "baseline").producer();
  await producer.connect();
  const headers = { [headerNames.schema]: "transaction/1", [headerNames.receivedAt]: String(Date.now()) };
  app.post("/v1/transactions", async (request, reply) => {
    const verdict = acceptTransaction(request.body, Date.now());
    if (verdict.kind !== "accepted") return reply.code(400).send("no");
    const { transaction, value, occurredAtMs } = verdict;
    const message = {
      key: transaction.accountId,
      value: Buffer.from(value),
      timestamp: String(occurredAtMs),
      headers,
    };
    await producer.send({ topic, acks: -1, messages: [message] });
    return accepted(reply, transaction);
  });
  app.post("/v1/transactions/batch", async (request, reply) => {
    const messages = request.body
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const { accountId, occurredAt } = JSON.parse(line);
        return { key: accountId, value: line, timestamp: String(Date.parse(occurredAt)), headers };
      });
    for (let from = 0; from < messages.length; from += 1_000) {
      await producer.send({ topic, acks: -1, messages: messages.slice(from, from + 1_000) });
    }
    return reply.code(202).type("text/plain").send("ok\n");
  });
}
await app.listen({ host: "127.0.0.1", port: Number(port) });
process.stdout.write("listening\n");

// A bug here looks like a demonstration in production, or a button that says "sent" though ingest refused.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type TransactionInput, toTransaction, transactionSchema } from "@riffle/contracts";
import { fastify } from "fastify";
import { Compile } from "typebox/compile";
import { afterEach, describe, expect, it } from "vitest";
import type { ConsoleContext } from "../../../src/console-part.ts";
import { scenarioRoutes } from "../../../src/routes/scenario.ts";

const nowMs = Date.UTC(2026, 2, 1, 12);
const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** An ingest that answers with a status, and what was posted to it. */
const ingest = async (status: number) => {
  const posted: TransactionInput[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (data) => {
      text += data;
    });
    request.on("end", () => {
      posted.push(JSON.parse(text) as TransactionInput);
      response.writeHead(status).end("{}");
    });
  });
  open.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, posted };
};

const appFor = (ingestUrl: string | undefined, more: object = {}) => {
  const app = fastify();
  const context = {
    config: ingestUrl === undefined ? {} : { DEMO_INGEST_URL: ingestUrl, ...more },
    now: () => nowMs,
    log: { warn: () => {} },
  };
  scenarioRoutes(app, context as unknown as ConsoleContext);
  return app;
};

const post = (app: ReturnType<typeof appFor>, payload: object) =>
  app.inject({ method: "POST", url: "/v1/scenario", payload });

describe("the scenario", () => {
  it("sends three small purchases and a large one, in order of time, on an account of its own each time", async () => {
    const { url, posted } = await ingest(202);
    const app = appFor(url);
    const answers = [await post(app, { name: "card-testing" }), await post(app, { name: "card-testing" })];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202]);
    expect(posted.map(({ amount }) => amount)).toEqual([
      900, 1_200, 1_500, 250_000, 900, 1_200, 1_500, 250_000,
    ]);
    expect(new Set(posted.map(({ accountId }) => accountId)).size).toBe(2);
    const times = posted.slice(0, 4).map(({ occurredAt }) => Date.parse(occurredAt));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const schema = Compile(transactionSchema);
    expect(posted.map((transaction) => schema.Check(toTransaction(transaction)))).toEqual(
      Array(8).fill(true),
    );
    expect(answers[0]?.json()).toEqual({
      accountId: posted[0]?.accountId,
      transactions: posted.slice(0, 4).map(({ id }) => id),
    });
  });

  it("is shown with the address that a reader reaches, where that is another", async () => {
    const shown = async (more: object) =>
      (await appFor("http://ingest", more).inject({ url: "/v1/scenario" })).json();
    expect(await shown({})).toMatchObject({ ingestUrl: "http://ingest" });
    const published = "http://127.0.0.1:8080";
    expect(await shown({ DEMO_INGEST_PUBLIC_URL: published })).toMatchObject({ ingestUrl: published });
  });

  it("is not there where no ingest is named, and says so", async () => {
    const app = appFor(undefined);
    expect((await app.inject("/v1/scenario")).json()).toEqual({ available: false });
    expect((await post(app, { name: "card-testing" })).json()).toMatchObject({
      status: 404,
      code: "not-found",
    });
  });

  it("that ingest refuses is no success", async () => {
    const { url } = await ingest(503);
    const answer = await post(appFor(url), { name: "card-testing" });
    expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([503, "1"]);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.json()).toMatchObject({ code: "ingest-unreachable" });
  });

  it("of a name that there is not is refused before anything is sent", async () => {
    const { url, posted } = await ingest(202);
    const answer = await post(appFor(url), { name: "nothing" });
    expect([answer.statusCode, answer.json()["code"], posted.length]).toEqual([400, "malformed-request", 0]);
  });
});

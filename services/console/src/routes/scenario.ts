// POST /v1/scenario: sends a demonstration story to ingest, where the configuration says where that is.
//
//   S1. The transactions go the way of all others, through ingest: nothing is written to Kafka from here.
//   S2. Each call uses a new account, so that no story meets the state of another.

import { randomUUID } from "node:crypto";
import { formatEventTime, type TransactionInput } from "@riffle/contracts";
import type { FastifyInstance } from "fastify";
import type { ScenarioOffer } from "../answers.ts";
import type { ConsoleContext } from "../console-part.ts";
import { sendProblem } from "../problem.ts";

const withinMs = 5_000;

/** Three small purchases and then a large one, each a second after the other. */
const cardTesting = (accountId: string, nowMs: number): TransactionInput[] =>
  [900, 1200, 1500, 250_000].map((amount, i) => ({
    id: `${accountId}-${i + 1}`,
    accountId,
    amount,
    currency: "EUR",
    occurredAt: formatEventTime(nowMs - (3 - i) * 1000),
  }));

const stories = { "card-testing": cardTesting } as const;
const names = Object.keys(stories);

/** Adds the routes. */
export const scenarioRoutes = (app: FastifyInstance, { config, now, log }: ConsoleContext): void => {
  const ingestUrl = config.DEMO_INGEST_URL;
  app.get("/v1/scenario", { config: { access: "viewer" } }, async (): Promise<ScenarioOffer> => {
    if (ingestUrl === undefined) return { available: false };
    return { available: true, ingestUrl: config.DEMO_INGEST_PUBLIC_URL ?? ingestUrl, names };
  });
  app.post("/v1/scenario", { config: { access: "analyst" } }, async (request, reply) => {
    if (ingestUrl === undefined) {
      return sendProblem(reply, {
        code: "not-found",
        detail: "DEMO_INGEST_URL is not set: there is no scenario.",
      });
    }
    const story = storyOf(request.body);
    if (story === undefined) {
      const detail = `Send {"name": …} with one of ${names.join(", ")}.`;
      return sendProblem(reply, { code: "malformed-request", detail });
    }
    const accountId = `demo-${randomUUID().slice(0, 8)}`;
    try {
      const transactions = story(accountId, now());
      for (const transaction of transactions) await post(ingestUrl, transaction);
      return reply.code(202).send({ accountId, transactions: transactions.map(({ id }) => id) });
    } catch (error) {
      log.warn({ err: error }, "the scenario could not be sent");
      const detail =
        "Ingest did not take every transaction of the story. Look whether it runs, and send it again.";
      return sendProblem(reply, { code: "ingest-unreachable", detail });
    }
  });
};

const storyOf = (body: unknown): (typeof stories)[keyof typeof stories] | undefined => {
  if (typeof body !== "object" || body === null || !("name" in body)) return undefined;
  return Object.entries(stories).find(([name]) => name === body.name)?.[1];
};

const post = async (ingestUrl: string, transaction: TransactionInput): Promise<void> => {
  const answer = await fetch(`${ingestUrl}/v1/transactions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(transaction),
    signal: AbortSignal.timeout(withinMs),
  });
  await answer.arrayBuffer();
  if (answer.status !== 202) throw new Error(`POST ${ingestUrl}/v1/transactions answered ${answer.status}.`);
};

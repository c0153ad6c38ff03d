// A bug here claims that something was accepted that was not, or never sends again what nobody answered for.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Transaction } from "@riffle/contracts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Load, type LoadOptions } from "../../../faults/load.ts";
import { LoadLog, readLoadLog } from "../../../faults/load-log.ts";

let folder: string;
let server: Server;
/** What a transaction is answered, by id, one status an attempt; 202 when there is none left. */
let statuses: Map<string, number[]>;
let paths: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "riffle-load-"));
  statuses = new Map();
  paths = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const lines = Buffer.concat(chunks).toString().split("\n");
    paths.push(`${request.url} ${lines.length}`);
    const answers = lines.map((line) => statuses.get((JSON.parse(line) as Transaction).id)?.shift() ?? 202);
    // Nobody answers for a whole batch with one of these in it.
    if (answers.includes(0)) request.socket.destroy();
    else if (request.url?.endsWith("/batch") === true)
      response
        .writeHead(207)
        .end(answers.map((status, i) => `${JSON.stringify({ line: i + 1, status })}\n`).join(""));
    else response.writeHead(answers[0] ?? 500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const transaction = (id: string): Transaction => ({
  id,
  accountId: "acc",
  amount: 1,
  currency: "EUR",
  occurredAt: "2026-03-01T12:00:00.000Z",
  type: "purchase",
});

const outcomesOf = async (ids: readonly string[], options: Partial<LoadOptions>): Promise<string[]> => {
  const log = new LoadLog(join(folder, "answers.log"));
  const load = new Load({
    ingestUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    transactions: ids.map(transaction),
    rate: 10_000,
    ...options,
  });
  await load.done;
  log.close();
  return readLoadLog(log.path).map(({ id, outcome }) => `${id} ${outcome}`);
};

it("takes each line of a batch for itself, and sends again only what was not answered for", async () => {
  statuses = new Map([
    ["b", [503, 429]],
    ["c", [400]],
    ["d", [409]],
  ]);
  const outcomes = await outcomesOf(["a", "b", "c", "d"], { singles: 0, batches: 1, batchSize: 10 });
  expect(outcomes).toEqual(["a accepted", "b unknown", "c refused", "d conflict", "b unknown", "b accepted"]);
  expect(paths).toEqual(["/v1/transactions/batch 4", "/v1/transactions 1", "/v1/transactions 1"]);
});

it("knows nothing of a batch whose connection broke", async () => {
  statuses = new Map([["b", [0]]]);
  const outcomes = await outcomesOf(["a", "b"], { singles: 0, batches: 1, batchSize: 2 });
  expect(outcomes).toEqual(["a unknown", "b unknown", "a accepted", "b accepted"]);
});

it("sends one by one where it is told to, in the order of the transactions", async () => {
  statuses = new Map([["a", [500]]]);
  const outcomes = await outcomesOf(["a", "b"], { singles: 1 });
  expect(outcomes).toEqual(["a unknown", "a accepted", "b accepted"]);
});

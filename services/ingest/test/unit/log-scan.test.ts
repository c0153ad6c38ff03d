// A bug here writes a key, a token or a card number into a log that is shipped elsewhere.
//
// Everything that a request can carry carries one, every answer that there is is given, and then the log is read as text.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeApiKey } from "@riffle/service-kit/access";
import { afterAll, describe, expect, it } from "vitest";
import { edge, good } from "./edge.ts";

const folder = mkdtempSync(join(tmpdir(), "riffle-log-scan-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const own = makeApiKey({ name: "shop", scopes: ["transactions:write", "transactions:read"] });
const stranger = makeApiKey({ name: "nobody", scopes: ["transactions:write"] });
const API_KEYS_FILE = join(folder, "keys.json");
writeFileSync(API_KEYS_FILE, JSON.stringify({ keys: [own.entry] }));

/** Luhn-valid, of a published test range. */
const card = "4111111111111111";
const cardWritten = /4111[ -]?1111[ -]?1111[ -]?1111/;
const token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzaG9wIn0.c2lnbmF0dXJlLW9mLW5vYm9keQ";
const secrets = [own.key, own.entry.sha256, stranger.key, stranger.entry.sha256, token];

const withCard = (id: string, more: object = {}): string =>
  JSON.stringify({
    ...good,
    id,
    metadata: { note: `card ${card}`, spaced: "4111 1111 1111 1111", [`k${card}`]: "4111-1111-1111-1111" },
    ...more,
  });

const bodies: readonly (string | Buffer)[] = [
  withCard("tx-1"),
  withCard("tx-1", { amount: 7 }),
  withCard(card),
  withCard("tx-2", { amount: card }),
  withCard("tx-3", { [card]: 1 }),
  withCard("tx-4", { metadata: { note: 4_111_111_111_111_111 } }),
  withCard("tx-5").slice(0, -9),
  `${withCard("tx-6")}${card}`,
  Buffer.concat([Buffer.from(withCard("tx-7")), Buffer.from([0xff])]),
  `{"${card}":"${own.key}"}`,
  own.key,
  "",
];
const byId = `/v1/transactions/${card}`;
const paths = [
  "/v1/transactions",
  "/v1/transactions/batch",
  byId,
  `/v1/transactions?key=${own.key}&card=${card}`,
  `/v1/${stranger.key}`,
];
const credentials = [own.key, stranger.key, token].flatMap((secret) => [
  { authorization: `Bearer ${secret}` },
  { "x-api-key": secret },
  { authorization: `Basic ${Buffer.from(`shop:${secret}`).toString("base64")}` },
]);

/** Sends everything in every way. @returns the status of each answer */
const sendAll = async ({ app }: ReturnType<typeof edge>): Promise<number[]> => {
  const statuses: number[] = [];
  for (const headers of [...credentials, {}, { ...credentials[0], "idempotency-key": card }]) {
    for (const url of paths) {
      for (const payload of bodies) {
        const more = { "content-type": "application/json", "x-request-id": card };
        const method = url === byId ? "GET" : "POST";
        const sending = { method, url, headers: { ...more, ...headers } } as const;
        const answer = await app.inject(method === "GET" ? sending : { ...sending, payload });
        statuses.push(answer.statusCode);
      }
    }
  }
  return statuses;
};

const expectClean = (lines: readonly string[]): void => {
  const text = lines.join("");
  for (const secret of secrets) expect(text).not.toContain(secret);
  expect(text).not.toMatch(cardWritten);
};

describe("no line of the log has a key, a token or a card number", () => {
  it("when transactions are taken, refused and told apart", async () => {
    const server = edge(undefined, { API_KEYS_FILE });
    const statuses = await sendAll(server);
    expect(new Set(statuses)).toEqual(new Set([202, 207, 400, 401, 404, 409]));
    server.log.info("scanned");
    expectClean(server.lines);
  }, 60_000);

  it("when Kafka fails with an error that repeats what it was given", async () => {
    const fail: Parameters<typeof edge>[0] = (record) => {
      const value = Buffer.from(record.value ?? []).toString();
      return Promise.reject(
        Object.assign(new Error(`refused: ${value}`, { cause: value }), { record, value }),
      );
    };
    const server = edge(fail, { API_KEYS_FILE });
    expect(await sendAll(server)).toContain(503);
    expect(server.lines.length).toBeGreaterThan(0);
    expectClean(server.lines);
  }, 60_000);

  it("when the service fails with an error that repeats it", async () => {
    const server = edge(undefined, { API_KEYS_FILE });
    server.clock.nowMs = () => {
      throw Object.assign(new Error(`at ${card}`, { cause: { body: own.key } }), {
        headers: { authorization: `Bearer ${own.key}` },
        rawBody: withCard("tx-1"),
      });
    };
    expect(await sendAll(server)).toContain(500);
    expect(server.lines.join("")).toContain("a request failed for a reason of ours");
    expectClean(server.lines);
  }, 60_000);

  it("when the files of keys cannot be read again", async () => {
    const server = edge(undefined, { API_KEYS_FILE });
    writeFileSync(API_KEYS_FILE, `{"keys":[{"key":"${own.key}","sha256":"${own.entry.sha256}"}]}`);
    await expect.poll(() => server.lines.join(""), { timeout: 30_000 }).toContain("cannot be used");
    expectClean(server.lines);
    await server.app.close();
  }, 60_000);
});

// A bug here leaves somebody with an open stream on which nothing will ever come, lets one reader take every seat of the feed,
// or shows accounts though it cannot be put on record.

import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { openAccessDatabase } from "../../../src/access/access-database.ts";
import type { ConsoleAccessConfig } from "../../../src/access/config.ts";
import { FeedHub } from "../../../src/feed/feed-hub.ts";
import { addFeedRoutes } from "../../../src/feed/feed-routes.ts";
import { FeedListener } from "../../harness/feed-listener.ts";
import { bearer, openGate } from "../access/gate.ts";
import { ListLog } from "./feed-world.ts";

const ways = [
  ["a WebSocket", "webSocket", "/v1/feed"],
  ["server-sent events", "events", "/v1/feed/events"],
] as const;
type Way = (typeof ways)[number][1];

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A journal that can fail as a disk does. */
class FrailLog extends ListLog {
  fails = false;

  override last(): number {
    if (this.fails) throw new Error("disk I/O error");
    return super.last();
  }
}

/** The feed behind the gate, over a journal in a list. */
async function serve({ clientsMax = 1_000, config = {} as Partial<ConsoleAccessConfig>, asks = true } = {}) {
  const gate = openGate(config, asks);
  ends.push(() => gate.close());
  const log = new FrailLog();
  const refused: string[] = [];
  const hub = new FeedHub({
    log,
    epoch: "e1",
    later: (act) => void setImmediate(act),
    nowMs: () => 0,
    onFault: (error) => expect(error).toBeUndefined(),
  });
  const { mask, audit } = gate.access;
  const onRefused = (code: string): void => void refused.push(code);
  await addFeedRoutes(gate.app, { hub, mask, audit, clientsMax, nowMs: () => 0, onRefused });
  await gate.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = gate.app.server.address() as AddressInfo;
  const listen = (way: Way, headers: Record<string, string> = {}): FeedListener => {
    const listener = FeedListener[way](port, "", headers);
    ends.push(() => listener.cut());
    return listener;
  };
  /** Listens, and waits until it is connected or refused. @returns the status of the refusal, 0 for none */
  const outcome = async (way: Way, headers: Record<string, string> = {}): Promise<number> => {
    const listener = listen(way, headers);
    await listener.hears("it is answered", () => listener.refused !== 0 || listener.said.length > 0);
    expect(listener.isOpen).toBe(listener.refused === 0);
    return listener.refused;
  };
  return { gate, log, hub, port, refused, listen, outcome };
}

describe.each(ways)("over %s", (_, way, path) => {
  it("who comes while the journal cannot be read is told so, and is connected once it can", async () => {
    const { gate, log, hub, outcome } = await serve();
    log.fails = true;
    expect(await outcome(way, bearer("analyst"))).toBe(500);
    expect([hub.clients, gate.lines.filter((line) => line.includes("disk I/O error")).length]).toEqual([
      0, 1,
    ]);
    log.fails = false;
    expect(await outcome(way, bearer("analyst"))).toBe(0);
    expect(hub.clients).toBe(1);
  });

  it("who may see accounts is not connected while that cannot be put on record; who may not is", async () => {
    const { gate, hub, outcome } = await serve();
    const file = openAccessDatabase(gate.folder);
    file.exec("DROP TABLE reads_audit");
    file.close();
    expect(await outcome(way, bearer("analyst"))).toBe(503);
    expect(hub.clients).toBe(0);
    expect(await outcome(way, bearer("viewer"))).toBe(0);
  });

  it("one reader has a quarter of all clients, whatever they come by, and leaves the others theirs", async () => {
    const { hub, refused, listen, outcome } = await serve({ clientsMax: 12 });
    const first = listen(way, bearer("analyst"));
    await first.hears("it is connected", () => first.said.length === 1);
    expect([
      await outcome("webSocket", bearer("analyst")),
      await outcome("events", bearer("analyst")),
    ]).toEqual([0, 0]);
    expect(await outcome(way, bearer("analyst"))).toBe(429);
    expect([await outcome(way, bearer("viewer")), hub.clients]).toEqual([0, 4]);
    first.cut();
    await first.hears("its seat is free", () => hub.clients === 3);
    expect(await outcome(way, bearer("analyst"))).toBe(0);
    expect(refused).toEqual(["too-many-feeds"]);
  });

  it("where nobody is asked who he is, a network is one reader", async () => {
    const { outcome } = await serve({
      clientsMax: 8,
      asks: false,
      config: { TRUSTED_PROXIES: ["loopback"] },
    });
    const from = (address: string) => outcome(way, { "x-forwarded-for": address });
    expect([await from("2001:db8::1"), await from("2001:db8::2"), await from("2001:db8::3")]).toEqual([
      0, 0, 429,
    ]);
    expect([await from("192.0.2.1"), await from("192.0.2.2")]).toEqual([0, 0]);
  });

  it("two at least are one reader's, for a page may need as many, and no more than there are", async () => {
    const { outcome, refused } = await serve({ clientsMax: 3 });
    const of = (role: "viewer" | "analyst") => outcome(way, bearer(role));
    expect([await of("viewer"), await of("viewer"), await of("viewer")]).toEqual([0, 0, 429]);
    expect([await of("analyst"), await of("analyst")]).toEqual([0, 503]);
    expect(refused).toEqual(["too-many-feeds", "feed-full"]);
  });

  it("a refusal is a problem that says what to do", async () => {
    const { gate, outcome } = await serve({ clientsMax: 1 });
    expect(await outcome(way, bearer("viewer"))).toBe(0);
    const answer = await gate.app.inject({ url: "/v1/feed/events", headers: bearer("viewer") });
    expect(answer.json()).toMatchObject({ status: 503, code: "feed-full" });
    const plain = await gate.app.inject({ url: `${path}?cursor=latest`, headers: bearer("viewer") });
    expect(plain.json()).toMatchObject({ status: 400, code: "invalid-cursor" });
  });
});

it("a reader with too many feeds is told to close one", async () => {
  const { port, outcome } = await serve({ clientsMax: 8 });
  for (let n = 0; n < 2; n++) expect(await outcome("events", bearer("viewer"))).toBe(0);
  const answer = await fetch(`http://127.0.0.1:${port}/v1/feed/events`, { headers: bearer("viewer") });
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "5"]);
  const { code, detail } = (await answer.json()) as Record<string, string>;
  expect([code, detail]).toEqual(["too-many-feeds", expect.stringContaining("Close one and connect again")]);
});

it("the WebSocket's path asked for without one is answered as a problem that names the other", async () => {
  const { gate } = await serve();
  const answer = await gate.app.inject({ url: "/v1/feed", headers: bearer("viewer") });
  expect([answer.statusCode, answer.json()]).toEqual([
    400,
    expect.objectContaining({
      code: "malformed-request",
      detail: expect.stringContaining("/v1/feed/events"),
    }),
  ]);
});

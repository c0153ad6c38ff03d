// A bug here loses or repeats events over a real connection, upgrades a stranger, or shows a viewer whose account it is.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FeedListener } from "../../harness/feed-listener.ts";
import { FeedServer, feedKeys } from "../../harness/feed-server.ts";

let server: FeedServer;
const listeners: FeedListener[] = [];
const ways = [
  ["a WebSocket", "webSocket"],
  ["server-sent events", "events"],
] as const;
type Way = (typeof ways)[number][1];
function listen(way: Way, query: string, headers: Record<string, string> = {}): FeedListener {
  const listener = FeedListener[way](server.port, query, headers);
  listeners.push(listener);
  return listener;
}
afterEach(async () => {
  for (const listener of listeners.splice(0)) listener.cut();
  await server.close();
});
const bearer = (role: keyof typeof feedKeys) => ({ authorization: `Bearer ${feedKeys[role].key}` });

describe.each(ways)("over %s", (_, way) => {
  beforeEach(async () => {
    server = await FeedServer.open();
  });

  it("a client is given what was, then that it has caught up, then what comes, and figures each second", async () => {
    server.append(700);
    const listener = listen(way, "cursor=earliest");
    await listener.hears("it has caught up", () => listener.said.at(-1)?.type === "caught-up");
    server.append(3);
    await listener.hears("it has all", () => listener.events.length === 703);
    expect(listener.events.map(({ offset }) => offset)).toEqual(Array.from({ length: 703 }, (__, n) => n));
    expect(listener.said.map(({ type }) => type).indexOf("caught-up")).toBe(700);
    await listener.hears("it has figures of all", () =>
      listener.messages.some((message) => message.totals?.alerts === 703),
    );
  });

  it("a client is given more than its connection holds, to the end, also after a start that brought nothing", async () => {
    server.appendTransactions(4_000);
    await server.restart();
    const listener = listen(way, "cursor=earliest&topics=transactions&figures=0");
    await listener.hears("it has caught up", () => listener.said.at(-1)?.type === "caught-up");
    expect(listener.events.map(({ offset }) => offset)).toEqual(Array.from({ length: 4_000 }, (__, n) => n));
  });

  it("a client that is cut off, and one that saw a restart, go on where they were", async () => {
    const cut = listen(way, "cursor=earliest");
    const kept = listen(way, "");
    await cut.hears("both are there", () => cut.said.length === 1 && kept.said.length === 1);
    server.append(10);
    await cut.hears("both have ten", () => cut.events.length === 10 && kept.events.length === 10);
    cut.cut();
    server.append(10);
    await kept.hears("one has twenty", () => kept.events.length === 20);
    await server.restart();
    await kept.hears("it was closed", () => kept.closed !== undefined);
    server.append(10);
    for (const [before, count] of [
      [cut, 20],
      [kept, 10],
    ] as const) {
      const after = listen(
        way,
        way === "events" ? "" : `cursor=${before.cursor}`,
        way === "events" ? { "last-event-id": before.cursor } : {},
      );
      await after.hears(
        "it has the rest",
        () => after.events.length === count && after.said.at(-1)?.type === "caught-up",
      );
      const offsets = [...before.events, ...after.events].map(({ offset }) => offset);
      expect(offsets).toEqual(Array.from({ length: 30 }, (__, n) => n));
    }
  });

  it("a client is given only what it asked for", async () => {
    const listener = listen(way, "account=acct-7&figures=0&topics=alerts,transactions");
    await listener.hears("it is there", () => listener.said.length === 1);
    server.append(5, { account: "acct-1042" });
    server.append(2, { account: "acct-7" });
    await listener.hears("it has both", () => listener.events.length === 2);
    expect(listener.events.map(({ data }) => data.accountId)).toEqual(["acct-7", "acct-7"]);
  });

  it("a bad question is answered 400 and one client too many 503, and neither is connected", async () => {
    const bad = listen(way, "cursor=latest");
    await bad.hears("it is refused", () => bad.refused !== 0);
    expect([bad.refused, bad.isOpen]).toEqual([400, false]);
    await server.close();
    server = await FeedServer.open({ clientsMax: 1 });
    const first = listen(way, "");
    await first.hears("it is there", () => first.said.length === 1);
    const second = listen(way, "");
    await second.hears("it is refused", () => second.refused !== 0);
    expect([second.refused, second.isOpen]).toEqual([503, false]);
    first.cut();
    const third = listen(way, "");
    await third.hears("it is there once the first has gone", () => {
      if (third.refused === 0) return third.said.length === 1;
      third.refused = 0;
      Object.assign(third, listen(way, ""));
      return false;
    });
  });

  it("who reads nothing holds up nobody", async () => {
    const deaf = listen(way, "figures=0&topics=transactions");
    const quick = listen(way, "figures=0&topics=transactions");
    await deaf.hears("both are there", () => deaf.said.length === 1 && quick.said.length === 1);
    deaf.goDeaf();
    // Some 15 MB: more than the system itself holds for a connection.
    for (let n = 0; n < 40; n++) server.appendTransactions(90, { notes: 20 });
    await quick.hears("the other has all", () => quick.messages.length === 3_601);
    expect(deaf.messages.length).toBeLessThan(3_601);
    deaf.listen();
    await deaf.hears("it has all, once it reads", () => deaf.messages.length === 3_601);
    expect(deaf.events.map(({ offset }) => offset)).toEqual(Array.from({ length: 3_600 }, (__, n) => n));
  }, 60_000);
});

describe.each(ways)("where keys are asked for, over %s", (_, way) => {
  beforeEach(async () => {
    server = await FeedServer.open({ asks: true });
  });

  it.each([
    ["a stranger", {}, "", 401],
    ["a page of another site", { ...bearer("admin"), origin: "https://evil.example" }, "", 403],
    ["a viewer who asks by an account's id", bearer("viewer"), "account=acct-1042", 403],
  ])("%s is not connected", async (__, headers, query, status) => {
    const listener = listen(way, query, headers);
    await listener.hears("it is refused", () => listener.refused !== 0);
    expect([listener.refused, listener.isOpen]).toEqual([status, false]);
  });

  it("a viewer is given masks, the same in what was and what comes", async () => {
    server.append(2);
    const listener = listen(way, "cursor=earliest", bearer("viewer"));
    await listener.hears("it has caught up", () => listener.said.length === 3);
    server.append(1);
    await listener.hears("it has all", () => listener.events.length === 3);
    const masks = new Set(listener.events.map(({ data }) => data.accountId));
    expect([...masks]).toEqual([expect.stringMatching(/^ac…[0-9a-f]{6}$/)]);
    expect(JSON.stringify(listener.messages)).not.toContain("acct-1042");
  });

  it("what an analyst is shown is put on record: that it began, and of which accounts it was", async () => {
    server.append(3);
    const listener = listen(way, "cursor=earliest&figures=0", bearer("analyst"));
    await listener.hears("it has all", () => listener.events.length === 3);
    expect(listener.events[0]?.data.accountId).toBe("acct-1042");
    listener.cut();
    const record = async () => {
      const reply = await server.get("/v1/audit", bearer("admin"));
      return ((await reply.json()) as { items: { name: string; path: string; accountIds: string[] }[] })
        .items;
    };
    let items = await record();
    await listener.hears("it is on record", async () => {
      items = await record();
      return items.some(({ path }) => path.startsWith("shown"));
    });
    const own = items.filter(({ name }) => name === "ana").map(({ path, accountIds }) => [path, accountIds]);
    expect(own).toEqual([
      ["shown: 3 events, places 1 to 3", ["acct-1042"]],
      [expect.stringMatching(/^begins: \/v1\/feed/), []],
    ]);
  });
});

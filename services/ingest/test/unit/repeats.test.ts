// A bug here gives a repeat a second effect, tells a conflict as accepted, or remembers what was never recorded.

import { headerNames } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { RecentAnswers } from "../../src/recent-answers.ts";
import { edge, good, goodText } from "./edge.ts";

describe("a repeat", () => {
  it("of what was answered 202 is answered the same, and not sent again", async () => {
    const { post, sent } = edge();
    const first = await post(goodText());
    const repeated = await post(JSON.stringify({ type: "purchase", ...good, metadata: {} }, undefined, 2));
    expect([repeated.statusCode, repeated.json()]).toEqual([first.statusCode, first.json()]);
    expect([first.headers["idempotency-replayed"], repeated.headers["idempotency-replayed"]]).toEqual([
      undefined,
      "true",
    ]);
    expect(sent).toHaveLength(1);
  });

  it("of what was not recorded for certain is sent again", async () => {
    let fails = true;
    const { post, sent } = edge(() => (fails ? Promise.reject(new TypeError("no")) : Promise.resolve()));
    expect((await post(goodText())).statusCode).toBe(503);
    fails = false;
    expect((await post(goodText())).statusCode).toBe(202);
    expect(sent).toHaveLength(2);
  });

  it.each([
    ["content", "1250", "1251"],
    ["account", "acct-1", "acct-2"],
  ])(
    "with another %s is a 409, and is sent as such, so that the filter puts it on record",
    async (_, was, is) => {
      const { post, sent } = edge();
      await post(goodText());
      const response = await post(goodText(was, is));
      expect([response.statusCode, response.json().code]).toEqual([409, "id-conflict"]);
      expect(sent.map(({ headers }) => headers[headerNames.idConflict])).toEqual([undefined, "true"]);
      expect((await post(goodText())).statusCode).toBe(202);
      expect(sent).toHaveLength(2);
    },
  );

  it("with other content is a 503 and no 409 when it was not recorded", async () => {
    let fails = false;
    const { post } = edge(() => (fails ? Promise.reject(new TypeError("no")) : Promise.resolve()));
    await post(goodText());
    fails = true;
    expect((await post(goodText("1250", "1251"))).statusCode).toBe(503);
  });

  it("of an id by another account is another transaction once the first is forgotten", async () => {
    const { post, sent } = edge(undefined, { REPEAT_MEMORY_BYTES: 500 });
    await post(goodText());
    await post(goodText("tx-1", "tx-2"));
    expect((await post(goodText("acct-1", "acct-2"))).statusCode).toBe(202);
    expect(sent.map(({ headers }) => headers[headerNames.idConflict])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("is sent again where no memory is given to it", async () => {
    const { post, sent } = edge(undefined, { REPEAT_MEMORY_BYTES: 0 });
    await post(goodText());
    expect((await post(goodText("1250", "1251"))).statusCode).toBe(202);
    expect(sent).toHaveLength(2);
  });
});

describe("the Idempotency-Key header", () => {
  const { id: _, ...withoutId } = good;
  const body = JSON.stringify(withoutId);

  it.each(["key-1", '"key-1"'])("%s gives the transaction its id", async (key) => {
    const { post } = edge();
    const response = await post(body, { "idempotency-key": key });
    expect([response.statusCode, response.json().id]).toEqual([202, "key-1"]);
  });

  it.each(["", '""', "a b", "x".repeat(65), "ключ", "a\tb", "k-1, k-2"])(
    "%j is no id, and a 400",
    async (key) => {
      const { post, sent } = edge();
      const response = await post(body, { "idempotency-key": key });
      expect([response.statusCode, response.json().code]).toEqual([400, "idempotency-key-mismatch"]);
      expect(sent).toEqual([]);
    },
  );

  it("that differs from the id of the body is a 400, and the same is none", async () => {
    const { post, sent } = edge();
    expect((await post(goodText(), { "idempotency-key": "tx-2" })).statusCode).toBe(400);
    expect(sent).toEqual([]);
    expect((await post(goodText(), { "idempotency-key": "tx-1" })).statusCode).toBe(202);
  });
});

describe("memory", () => {
  const value = Buffer.from("x".repeat(250));

  it("is bounded; the oldest is forgotten first", () => {
    const recent = new RecentAnswers(100_000);
    for (let n = 0; n < 1_000; n++) recent.remember(`tx-${n}`, value);
    expect(recent.size).toBeGreaterThan(150);
    expect(recent.size).toBeLessThan(200);
    expect(recent.judge("tx-999", value)).toBe("repeat");
    expect(recent.judge("tx-0", value)).toBe("new");
  });

  it("keeps the first content of an id", () => {
    const recent = new RecentAnswers(100_000);
    recent.remember("tx", value);
    recent.remember("tx", Buffer.from("other"));
    expect([recent.judge("tx", value), recent.judge("tx", Buffer.from("other"))]).toEqual([
      "repeat",
      "conflict",
    ]);
  });
});

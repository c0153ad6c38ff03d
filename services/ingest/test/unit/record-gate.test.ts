// A bug here tells a client 202 for a transaction that Kafka does not have, or lets it wait for an answer (P1).

import { describe, expect, it, vi } from "vitest";
import { edge, goodText } from "./edge.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a sender that fails", () => {
  it.each([
    ["rejects", () => Promise.reject(new TypeError("no leader"))],
    [
      "throws",
      () => {
        throw new TypeError("not connected");
      },
    ],
    ["rejects with no error", () => Promise.reject(undefined)],
  ])("by the way it %s is a 503 with Retry-After, and says that the outcome is open", async (_, send) => {
    const { post, clock } = edge(send);
    const response = await post(goodText());
    expect(response.statusCode).toBe(503);
    expect(response.headers["retry-after"]).toBe("1");
    expect(response.json()).toMatchObject({
      code: "not-recorded-in-time",
      detail: expect.stringContaining("same id"),
    });
    expect(clock.waiting).toBe(0);
  });

  it("makes the service unready for 5 s, or until a send succeeds", async () => {
    let fails = true;
    const { post, gate, clock } = edge(() =>
      fails ? Promise.reject(new TypeError("no")) : Promise.resolve(),
    );
    expect(gate.check().ok).toBe(true);
    await post(goodText());
    expect(gate.check().ok).toBe(false);
    clock.advance(5_000);
    expect(gate.check().ok).toBe(true);
    await post(goodText());
    fails = false;
    await post(goodText());
    expect(gate.check().ok).toBe(true);
  });

  it("is logged once a second with the count, not once a request, and without the transaction", async () => {
    const { post, lines, clock } = edge(() => Promise.reject(new TypeError("no leader")));
    for (let i = 0; i < 10; i++) await post(goodText());
    expect(lines).toHaveLength(1);
    clock.advance(1_000);
    await post(goodText());
    expect(JSON.parse(lines[1] ?? "{}")).toMatchObject({ level: "warn", failures: 10 });
    expect(lines.join()).not.toContain("acct-1");
  });
});

describe("a sender that is slow", () => {
  it("is a 503 at the deadline, not before, and its late outcome is harmless", async () => {
    const settle: { resolve?: () => void; reject?: (error: Error) => void }[] = [];
    const { post, clock, sent, metrics } = edge(
      () => new Promise<void>((resolve, reject) => settle.push({ resolve, reject })),
    );
    const answers: number[] = [];
    const waiting = [post(goodText()), post(goodText())].map((p) =>
      p.then((r) => answers.push(r.statusCode)),
    );
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    clock.advance(1_999);
    await turn();
    expect(answers).toEqual([]);
    clock.advance(1);
    await Promise.all(waiting);
    expect(answers).toEqual([503, 503]);
    expect(await metrics.render()).toContain('riffle_ingest_unsettled_sends{service="ingest"} 2');
    settle[0]?.resolve?.();
    settle[1]?.reject?.(new TypeError("too late"));
    await turn();
    expect(await metrics.render()).toContain('riffle_ingest_unsettled_sends{service="ingest"} 0');
    // The one that was recorded after all counts: the topic has it.
    expect(await metrics.render()).toContain('riffle_ingest_recorded_total{service="ingest"} 1');
  });

  it("is a 503 at the deadline whatever the wall clock is set to meanwhile", async () => {
    for (const byMs of [-3_600_000, 3_600_000]) {
      const { post, clock, sent, gate } = edge(() => new Promise<void>(() => undefined));
      const answers: number[] = [];
      void post(goodText()).then((response) => answers.push(response.statusCode));
      await vi.waitFor(() => expect(sent).toHaveLength(1));
      clock.set(clock.nowMs() + byMs);
      clock.advance(1_999);
      await turn();
      expect(answers).toEqual([]);
      clock.advance(1);
      await vi.waitFor(() => expect(answers).toEqual([503]));
      clock.set(clock.nowMs() + byMs);
      expect(gate.check().ok).toBe(false);
      clock.advance(5_000);
      expect(gate.check().ok).toBe(true);
    }
  });

  it("is a 202 when it is in time", async () => {
    let confirm = (): void => undefined;
    const { post, clock, sent } = edge(
      () =>
        new Promise<void>((resolve) => {
          confirm = resolve;
        }),
    );
    const answer = post(goodText());
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    clock.advance(1_999);
    confirm();
    expect((await answer).statusCode).toBe(202);
    expect(clock.waiting).toBe(0);
  });

  it("holds only so many: the next is refused at once, and taken again when one has settled", async () => {
    const confirm: (() => void)[] = [];
    const { post, sent } = edge(() => new Promise<void>((resolve) => confirm.push(resolve)), {
      UNSETTLED_SENDS_MAX: 2,
    });
    const held = ["tx-1", "tx-2"].map((id) => post(goodText("tx-1", id)).then((r) => r.statusCode));
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    const refused = await post(goodText());
    expect([refused.statusCode, refused.json().code, refused.headers["retry-after"]]).toEqual([
      503,
      "overloaded",
      "1",
    ]);
    for (const done of confirm) done();
    expect(await Promise.all(held)).toEqual([202, 202]);
    const next = post(goodText("tx-1", "tx-3"));
    await vi.waitFor(() => expect(sent).toHaveLength(3));
    confirm[2]?.();
    expect((await next).statusCode).toBe(202);
  });
});

describe("Kafka out of reach", () => {
  it("is tried by a few; the others are refused at once, until one of the few is recorded", async () => {
    const settle: (() => void)[] = [];
    const { post, clock, sent } = edge(() => new Promise<void>((resolve) => settle.push(resolve)));
    const send = (n: number) => post(goodText("tx-1", `tx-${n}`)).then((r) => [r.statusCode, r.json().code]);
    const first = Array.from({ length: 20 }, (_, n) => send(n));
    await vi.waitFor(() => expect(sent).toHaveLength(20));
    clock.advance(2_000);
    expect(await Promise.all(first)).toEqual(first.map(() => [503, "not-recorded-in-time"]));
    expect(await send(20)).toEqual([503, "kafka-unreachable"]);
    for (const done of settle.slice(0, 5)) done();
    await turn();
    const next = send(21);
    await vi.waitFor(() => expect(sent).toHaveLength(21));
    settle[20]?.();
    expect(await next).toEqual([202, undefined]);
  });

  it("is not concluded from one partition in trouble while others record", async () => {
    let holds = true;
    const { post, clock, sent } = edge(() =>
      holds ? new Promise<void>(() => undefined) : Promise.resolve(),
    );
    const held = Array.from({ length: 20 }, (_, n) => post(goodText("tx-1", `held-${n}`)));
    await vi.waitFor(() => expect(sent).toHaveLength(20));
    holds = false;
    for (let n = 0; n < 4; n++) {
      clock.advance(500);
      expect((await post(goodText("tx-1", `tx-${n}`))).statusCode).toBe(202);
    }
    expect((await Promise.all(held)).map((answer) => answer.statusCode)).toEqual(held.map(() => 503));
    expect((await post(goodText("tx-1", "tx-9"))).statusCode).toBe(202);
  });

  it("is told a batch line by line, and its lines do not wait", async () => {
    const { postBatch, post, clock, sent } = edge(() => new Promise<void>(() => undefined), {
      UNSETTLED_SENDS_MAX: 20,
    });
    const first = Array.from({ length: 18 }, (_, n) => post(goodText("tx-1", `tx-${n}`)));
    await vi.waitFor(() => expect(sent).toHaveLength(18));
    clock.advance(2_000);
    await Promise.all(first);
    const lines = Array.from({ length: 50 }, (_, n) => goodText("tx-1", `line-${n}`)).join("\n");
    const { statusCode, body } = await postBatch(lines);
    expect(statusCode).toBe(207);
    expect(body.match(/"code":"kafka-unreachable"/g)).toHaveLength(50);
  });

  it("holds only so many bytes", async () => {
    const { post, sent } = edge(() => new Promise<void>(() => undefined), { UNSETTLED_BYTES_MAX: 65_536 });
    const large = (n: number) =>
      post(
        goodText(
          "}",
          `,"metadata":{${Array.from({ length: 20 }, (_, i) => `"k${i}":"${"x".repeat(256)}"`)}}}`,
        ).replace("tx-1", `tx-${n}`),
      );
    const held = Array.from({ length: 13 }, (_, n) => large(n));
    await vi.waitFor(() => expect(sent).toHaveLength(13));
    const refused = await large(99);
    expect([refused.statusCode, refused.json().code]).toEqual([503, "overloaded"]);
    expect(held).toHaveLength(13);
  });
});

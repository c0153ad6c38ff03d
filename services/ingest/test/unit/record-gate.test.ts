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
    const held = [post(goodText()), post(goodText())].map((p) => p.then((r) => r.statusCode));
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    const refused = await post(goodText());
    expect([refused.statusCode, refused.json().code, refused.headers["retry-after"]]).toEqual([
      503,
      "overloaded",
      "1",
    ]);
    for (const done of confirm) done();
    expect(await Promise.all(held)).toEqual([202, 202]);
    const next = post(goodText());
    await vi.waitFor(() => expect(sent).toHaveLength(3));
    confirm[2]?.();
    expect((await next).statusCode).toBe(202);
  });
});

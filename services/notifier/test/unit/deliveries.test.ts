// A bug here asks a receiver that is down again and again, or never again.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CircuitBreaker } from "../../src/deliveries/circuit-breaker.ts";
import { retryDelayMs, unreachableMsMax } from "../../src/deliveries/retry-schedule.ts";

const waits = [5_000, 300_000, 1_800_000];
const idArbitrary = fc.stringMatching(/^nt_[0-9a-f]{32}$/);
const dayMs = 86_400_000;

describe("the wait for the next attempt", () => {
  it("is that of the schedule, a fifth less or more, the same whenever it is asked for", () => {
    fc.assert(
      fc.property(idArbitrary, fc.integer({ min: 1, max: 3 }), (notificationId, attempts) => {
        const waitMs = retryDelayMs(waits, { notificationId, attempts }) ?? Number.NaN;
        const nominalMs = waits[attempts - 1] ?? 0;
        expect(Math.abs(waitMs - nominalMs)).toBeLessThanOrEqual(nominalMs / 5);
        expect(retryDelayMs(waits, { notificationId, attempts })).toBe(waitMs);
      }),
    );
  });

  it("spreads receivers' retries over the whole of it", () => {
    const ids = Array.from(
      { length: 500 },
      (_, i) => `nt_${(i * 8_589_934).toString(16).padStart(8, "0").repeat(4)}`,
    );
    const delays = ids.map((notificationId) => retryDelayMs(waits, { notificationId, attempts: 2 }) ?? 0);
    expect(Math.min(...delays)).toBeLessThan(250_000);
    expect(Math.max(...delays)).toBeGreaterThan(350_000);
  });

  it("ends with the schedule: there is one attempt more than there are waits", () => {
    const notificationId = "nt_0123456789abcdef0123456789abcdef";
    expect(retryDelayMs(waits, { notificationId, attempts: 3 })).toBeDefined();
    expect(retryDelayMs(waits, { notificationId, attempts: 4 })).toBeUndefined();
    expect(retryDelayMs([], { notificationId, attempts: 1 })).toBeUndefined();
  });

  it("is never less than the receiver asks for, up to a day", () => {
    const notificationId = "nt_0123456789abcdef0123456789abcdef";
    const asked = (retryAfterMs: number) =>
      retryDelayMs(waits, { notificationId, attempts: 1, retryAfterMs });
    expect([asked(3_600_000), asked(9 * dayMs)]).toEqual([3_600_000, dayMs]);
    expect(asked(1)).toBeGreaterThanOrEqual(4_000);
  });

  it("an endpoint out of reach may keep a delivery for as long as the schedule lasts, a minute at the least", () => {
    expect([unreachableMsMax(waits), unreachableMsMax([1]), unreachableMsMax([])]).toEqual([
      2_105_000 * 1.2,
      60_000,
      60_000,
    ]);
  });
});

describe("a circuit breaker", () => {
  const options = { failuresMax: 3, openMs: 1_000, openMsMax: 5_000 };
  const opened = (): CircuitBreaker => {
    const breaker = new CircuitBreaker(options);
    for (let i = 0; i < 3; i++) breaker.failed(0);
    return breaker;
  };

  it("opens at the failure that makes it so many in a row, and not before", () => {
    const breaker = new CircuitBreaker(options);
    expect([breaker.failed(0), breaker.failed(0)]).toEqual([false, false]);
    breaker.succeeded();
    expect([breaker.failed(0), breaker.failed(0), breaker.failed(0)]).toEqual([false, false, true]);
    expect([breaker.mayTry(999), breaker.mayTry(1_000), breaker.opensAtMs]).toEqual([false, true, 1_000]);
  });

  it("lets one attempt through at its time, and no second before that one has ended", () => {
    const breaker = opened();
    breaker.began();
    expect([breaker.mayTry(1_000), breaker.mayTry(9_999), breaker.opensAtMs]).toEqual([
      false,
      false,
      undefined,
    ]);
    breaker.succeeded();
    expect([breaker.mayTry(1_000), breaker.open]).toEqual([true, false]);
  });

  it("stays open twice as long each time, up to its bound, and begins anew when it was closed", () => {
    const breaker = opened();
    let nowMs = 1_000;
    const spans: number[] = [];
    for (let i = 0; i < 4; i++) {
      breaker.began();
      breaker.failed(nowMs);
      spans.push((breaker.opensAtMs ?? 0) - nowMs);
      nowMs = breaker.opensAtMs ?? 0;
    }
    expect(spans).toEqual([2_000, 4_000, 5_000, 5_000]);
    breaker.succeeded();
    for (let i = 0; i < 3; i++) breaker.failed(nowMs);
    expect((breaker.opensAtMs ?? 0) - nowMs).toBe(1_000);
  });

  it("knows since when nothing but failures was heard", () => {
    const breaker = new CircuitBreaker(options);
    breaker.failed(100);
    breaker.failed(200);
    expect(breaker.failingSinceMs).toBe(100);
    breaker.succeeded();
    expect(breaker.failingSinceMs).toBeUndefined();
    for (const nowMs of [300, 400, 500]) breaker.failed(nowMs);
    breaker.began();
    breaker.failed(1_500);
    expect(breaker.failingSinceMs).toBe(300);
  });

  it("stays open for as long as the receiver asked for, up to its bound", () => {
    const breaker = new CircuitBreaker(options);
    breaker.failed(0, 3_000);
    breaker.failed(0);
    breaker.failed(0);
    expect(breaker.opensAtMs).toBe(3_000);
    breaker.began();
    breaker.failed(3_000, 60_000);
    expect(breaker.opensAtMs).toBe(8_000);
  });

  it("is not kept open by attempts that began before it opened, nor waits for one that was called off", () => {
    const breaker = opened();
    expect(breaker.failed(500)).toBe(false);
    expect(breaker.opensAtMs).toBe(1_000);
    breaker.began();
    breaker.unheard();
    expect(breaker.mayTry(1_000)).toBe(true);
  });
});

// A bug here lets a payment overtake another of its account, and calls it order.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accountOrderFaults } from "../../../faults/account-order.ts";
import type { Attempt } from "../../../faults/load-log.ts";

const transaction = (id: string, accountId = "acc") => ({
  id,
  accountId,
  amount: 1,
  currency: "EUR",
  occurredAt: "2026-03-01T12:00:00.000Z",
  type: "purchase" as const,
});

const accepted = (id: string, sentAt: number, answeredAt: number): Attempt => ({
  id,
  content: "c",
  outcome: "accepted",
  sentAt,
  answeredAt,
});

describe("the order of an account", () => {
  it("is broken when what was sent after an answer stands before what was answered", () => {
    const attempts = [accepted("a", 1, 2), accepted("b", 3, 4)];
    expect(accountOrderFaults(attempts, [[transaction("a"), transaction("b")]])).toEqual([]);
    expect(accountOrderFaults(attempts, [[transaction("b"), transaction("a")]])).toEqual([
      "acc: b was sent after a had been answered, and stands before it",
    ]);
  });

  it("may be any between two that were under way at once, and between accounts", () => {
    const atOnce = [accepted("a", 1, 3), accepted("b", 2, 4)];
    expect(accountOrderFaults(atOnce, [[transaction("b"), transaction("a")]])).toEqual([]);
    const others = [accepted("a", 1, 2), accepted("b", 3, 4)];
    expect(accountOrderFaults(others, [[transaction("b", "other"), transaction("a")]])).toEqual([]);
  });

  it("is decided by a transaction's first place and its first answer, whatever is repeated", () => {
    const attempts: Attempt[] = [
      { id: "a", content: "c", outcome: "unknown", sentAt: 1, answeredAt: 2 },
      accepted("a", 3, 6),
      accepted("b", 4, 5),
      accepted("b", 8, 9),
    ];
    const [a, b] = [transaction("a"), transaction("b")];
    expect(accountOrderFaults(attempts, [[b, a, a, b]])).toEqual([]);
  });

  it("is found broken exactly where looking at every pair finds it", () => {
    const steps = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(steps, fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), (times, places) => {
        const attempts = places.map((_, i) => {
          const [sentAt = 0, answeredAt = 0] = [times[2 * i] ?? 0, times[2 * i + 1] ?? 0].toSorted(
            (x, y) => x - y,
          );
          return accepted(`t${i}`, sentAt, answeredAt);
        });
        const overtaken = places.some((early, x) =>
          places
            .slice(x + 1)
            .some((late) => (attempts[late]?.answeredAt ?? 0) < (attempts[early]?.sentAt ?? 0)),
        );
        const found = accountOrderFaults(attempts, [places.map((i) => transaction(`t${i}`))]);
        expect(found.length > 0).toBe(overtaken);
      }),
    );
  });
});

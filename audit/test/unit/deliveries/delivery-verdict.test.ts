// A bug here calls a notifier sound that gives messages up, makes them up, or mixes up their order.

import { notificationId } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import type { Taken } from "../../../deliveries/chaos-endpoint.ts";
import {
  type DeliveryEvidence,
  deliveryFaults,
  type Taker,
  type Told,
} from "../../../deliveries/delivery-verdict.ts";
import { madeUpAlert } from "../../../workload/made-up-alert.ts";

const accounts = 2;
const alertOf = (n: number) => madeUpAlert(`acc-${n % accounts}`, n, n);
const alerts = Array.from({ length: 6 }, (_, n) => alertOf(n));
const names = ["calm", "flaky", "dying"] as const;
type Name = (typeof names)[number];

const idAt = (n: number, channel: Name): string => {
  const { id: alertId, status: alertStatus, changedBy } = alertOf(n);
  return notificationId({ alertId, alertStatus, changedBy, channel });
};

interface Faked {
  /** Alerts in the order in which the calm endpoint takes them. */
  readonly order?: readonly number[];
  /** What is different about an outcome. */
  readonly told?: (n: number, channel: Name) => Partial<Told> | "twice" | "missing" | undefined;
  readonly taken?: (messages: Map<string, Taken>, channel: Name) => void;
}

/** Six alerts of two accounts, all delivered, but for what is said to be different. */
const evidenceOf = ({ order = [0, 1, 2, 3, 4, 5], told: change, taken }: Faked = {}): DeliveryEvidence => {
  const told = names.flatMap((channel) =>
    order.flatMap((n): Told[] => {
      const one: Told = { id: idAt(n, channel), channel, outcome: "delivered", attempts: 1 };
      const changed = change?.(n, channel);
      if (changed === "missing") return [];
      return changed === "twice" ? [one, one] : [{ ...one, ...changed }];
    }),
  );
  const endpoints = names.map((name): Taker => {
    const messages = new Map(
      order.map((n): [string, Taken] => [
        idAt(n, name),
        { accountId: `acc-${n % accounts}`, sequence: Math.floor(n / accounts) + 1, times: 1 },
      ]),
    );
    taken?.(messages, name);
    const times = [...messages.values()].reduce((sum, one) => sum + one.times - 1, 0);
    return { name, taken: messages, duplicates: times };
  });
  return { alerts, endpoints, told, attemptsMax: 10, caughtMax: 2 };
};

const faultsOf = (faked: Faked): string => deliveryFaults(evidenceOf(faked)).join("\n");

describe("the verdict on deliveries", () => {
  it("finds nothing when each message has its outcome", () => {
    expect(faultsOf({})).toBe("");
  });

  it("misses an outcome, and counts one that is there twice", () => {
    const at = (n: number, channel: Name) => n === 3 && channel === "flaky";
    expect(faultsOf({ told: (n, to) => (at(n, to) ? "missing" : undefined) })).toContain("has 0 outcomes");
    expect(faultsOf({ told: (n, to) => (at(n, to) ? "twice" : undefined) })).toContain("has 2 outcomes");
  });

  it("does not believe a record of a delivery that the endpoint never took", () => {
    const faults = faultsOf({ taken: (messages, to) => to === "dying" && messages.delete(idAt(2, "dying")) });
    expect(faults).toContain("dying never took it");
  });

  it("sees a message that no alert owes", () => {
    const faults = faultsOf({
      taken: (messages, to) =>
        to === "flaky" && messages.set(idAt(9, "flaky"), { accountId: "acc-1", sequence: 4, times: 1 }),
    });
    expect(faults).toContain("flaky took 1 messages of no alert");
  });

  it("lets no message be given up before its schedule has ended", () => {
    const givenUp = (reason: Told["reason"], attempts: number) =>
      faultsOf({
        told: (n, to) =>
          n === 1 && to === "flaky" ? { outcome: "dead-lettered", reason, attempts } : undefined,
      });
    expect(givenUp("refused", 1)).toContain("given up after 1 attempts: refused");
    expect(givenUp("attempts-exhausted", 9)).toContain("given up after 9 attempts");
    expect(givenUp("attempts-exhausted", 10)).toBe("");
    expect(givenUp("endpoint-unreachable", 3)).toBe("");
  });

  it("lets nothing be given up at an endpoint that takes everything", () => {
    const all = { outcome: "dead-lettered", reason: "attempts-exhausted", attempts: 10 } as const;
    const faults = faultsOf({ told: (n, to) => (n === 0 && to === "calm" ? all : undefined) });
    expect(faults).toContain("1 messages were given up at calm");
  });

  it("sees messages of an account that come in another order", () => {
    expect(faultsOf({ order: [0, 1, 4, 3, 2, 5] })).toContain("message 2 of acc-0 came after 3");
  });

  it("lets the next one overtake a message that had to be tried again, and not many do so", () => {
    const tried = (of: readonly number[]) =>
      faultsOf({
        order: [0, 1, 4, 3, 2, 5],
        told: (n, to) => (to === "calm" && of.includes(n) ? { attempts: 2 } : undefined),
      });
    expect(tried([2])).toBe("");
    expect(tried([1, 2, 3])).toContain("3 messages were tried again at calm");
  });

  it("sees a number that an account's messages pass over", () => {
    const faults = faultsOf({
      taken: (messages, to) =>
        to === "calm" && messages.set(idAt(4, "calm"), { accountId: "acc-0", sequence: 4, times: 1 }),
    });
    expect(faults).toContain("the messages of acc-0 are numbered 4 where 3 is due");
  });

  it("explains as many repeats by kills as were under way", () => {
    const repeated = (times: number) =>
      faultsOf({
        taken: (messages, to) => {
          const one = messages.get(idAt(0, to));
          if (one !== undefined) one.times = times;
        },
      });
    expect(repeated(3)).toBe("");
    expect(repeated(4)).toContain("9 messages taken too often, 6 can be explained");
  });
});

// A bug here makes an alert depend on which way two records took through the network.

import { type Alert, ruleNames, type Transaction, topics } from "@riffle/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { detectorDriver, screened, transaction } from "./detector.ts";
import { oracleEnv, oracles, stepsOf } from "./oracles.ts";

const graceMs = 60;
const spanMs = 250;

/** One transaction, when it happened and how much later it arrives: never late, for the delay is at most grace. */
const arrival = fc.record({
  atMs: fc.integer({ min: 0, max: spanMs }),
  delayMs: fc.integer({ min: 0, max: graceMs }),
  restarts: fc.boolean(),
  fields: fc.record(
    {
      amount: fc.constantFrom(1, 99, 9_999, 9_999, 10_000, 50_001, 100_000, 100_001, 900_000),
      type: fc.constantFrom("purchase", "purchase", "withdrawal", "transfer", "transfer", "deposit"),
      channel: fc.constantFrom("card_present", "atm", "atm", "online"),
      country: fc.constantFrom("PT", "PE"),
      latitude: fc.constantFrom(10, 10.01, 10.03),
      deviceId: fc.constantFrom("one", "two", "three", "four"),
    },
    { requiredKeys: ["amount", "type"] },
  ),
});

type Arrival = typeof arrival extends fc.Arbitrary<infer A> ? A : never;

const transactionOf = ({ atMs, fields: { latitude, ...fields } }: Arrival, i: number): Transaction =>
  transaction(`t${i}`, atMs, {
    ...fields,
    ...(latitude === undefined ? {} : { latitude, longitude: 20 }),
  } as Partial<Transaction>);

/** Sends them in the order of their arrival; gives all alerts. */
const alertsOf = async (
  arrivals: readonly Arrival[],
  byArrival: readonly Transaction[],
): Promise<Alert[]> => {
  const driver = detectorDriver({ ...oracleEnv, GRACE_MS: String(graceMs) }, () => {
    throw new Error("a transaction was late");
  });
  for (const [i, one] of byArrival.entries()) {
    await driver.send(topics.transactionsScreened, screened(one));
    if (arrivals[i]?.restarts) driver.restart();
  }
  return driver.emitted(topics.alerts).map(({ value }) => value);
};

/** The alerts that stand, by rule; every event must change that. */
const standing = (alerts: readonly Alert[]): Map<string, Alert> => {
  const stands = new Map<string, Alert>();
  for (const alert of alerts) {
    expect(stands.has(alert.id)).toBe(alert.status === "withdrawn");
    if (alert.status === "raised") stands.set(alert.id, alert);
    else stands.delete(alert.id);
  }
  return stands;
};

/** `t1 t4 by small large`. */
const alertTextOf = (evidence: readonly Transaction[], steps: readonly string[]): string =>
  `${evidence.map(({ id }) => id).join(" ")} by ${steps.join(" ")}`;

describe("any order of arrival within grace", () => {
  it("leaves the alerts standing that the history gives in order, of every rule, with their steps and restarts in between", async () => {
    const seen = new Set<string>();
    const property = fc.asyncProperty(fc.array(arrival, { maxLength: 30, size: "max" }), async (arrivals) => {
      const byArrival = arrivals
        .map((one, i) => ({ transaction: transactionOf(one, i), ms: one.atMs + one.delayMs }))
        .toSorted((a, b) => a.ms - b.ms)
        .map((one) => one.transaction);
      // Stable: what happened in one millisecond stays in the order of arrival, which is that of the offsets.
      const history = byArrival
        .map((one) => ({ atMs: Date.parse(one.occurredAt), transaction: one }))
        .toSorted((a, b) => a.atMs - b.atMs);
      const alerts = await alertsOf(arrivals, byArrival);
      const stands = [...standing(alerts).values()];
      for (const name of ruleNames) {
        const found = stands
          .filter(({ rule }) => rule === name)
          .map(({ evidence, evidenceSteps }) => alertTextOf(evidence, evidenceSteps));
        const expected = oracles[name](history).map((causes) =>
          alertTextOf(
            causes.map((cause) => cause.transaction),
            stepsOf[name](causes),
          ),
        );
        expect([name, found.toSorted()]).toEqual([name, expected.toSorted()]);
      }
      for (const { rule, status } of alerts) seen.add(`${rule} ${status}`);
    });
    // The histories are worth something: every rule is raised and withdrawn, or there are more of them.
    const kinds = ruleNames.flatMap((name) => [`${name} raised`, `${name} withdrawn`]);
    for (let round = 0; round < 20 && (round === 0 || seen.size < kinds.length); round++)
      await fc.assert(property, { numRuns: Number(process.env["PATTERN_RUNS"] ?? 150) });
    expect([...seen].toSorted()).toEqual(kinds.toSorted());
  }, 120_000);
});

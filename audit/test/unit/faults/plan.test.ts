// A bug here lets a campaign claim faults it never had in its plan, or makes a failed one unrepeatable.

import { failPoints } from "@riffle/streams";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FaultMix, planFaults, shortMix } from "../../../faults/plan.ts";

const counts = (kinds: readonly { readonly kind: string }[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(kinds, ({ kind }) => kind)].map(([kind, of]) => [kind, of.length]));

describe("planFaults", () => {
  it("has as many faults of each kind as the mix says, and every fail-point", () => {
    const mixes = fc.record<FaultMix>({
      kills: fc.nat(5),
      killAfterMsMax: fc.integer({ min: 1, max: 9_000 }),
      failPoints: fc.nat(2),
      zombies: fc.nat(5),
      scales: fc.nat(5),
      tornStates: fc.nat(5),
      endTxns: fc.nat(5),
      lostAnswers: fc.nat(5),
      cuts: fc.nat(5),
      brokerKills: fc.nat(5),
      brokerPauses: fc.nat(5),
    });
    fc.assert(
      fc.property(fc.nat(), mixes, (seed, mix) => {
        const { processes, network } = planFaults(seed, mix, 3);
        expect({ ...none, ...counts(processes), ...counts(network) }).toEqual({
          kill: mix.kills,
          "fail-point": mix.failPoints * failPoints.length,
          zombie: mix.zombies,
          scale: mix.scales,
          "torn-state": mix.tornStates,
          "end-txn": mix.endTxns,
          "lost-answer": mix.lostAnswers,
          cut: mix.cuts,
          "broker-kill": mix.brokerKills,
          "broker-pause": mix.brokerPauses,
        });
        const points = processes.flatMap((fault) => (fault.kind === "fail-point" ? [fault.point] : []));
        expect(new Set(points).size).toBe(mix.failPoints > 0 ? failPoints.length : 0);
      }),
    );
  });

  it("makes the same plan from the same seed, and another from another", () => {
    expect(planFaults(7, shortMix, 3)).toEqual(planFaults(7, shortMix, 3));
    expect(planFaults(7, shortMix, 3)).not.toEqual(planFaults(8, shortMix, 3));
  });

  it("names only brokers that there are", () => {
    for (let seed = 0; seed < 50; seed++)
      for (const fault of planFaults(seed, shortMix, 3).network)
        if ("broker" in fault) expect([0, 1, 2]).toContain(fault.broker);
  });
});

const none = {
  kill: 0,
  "fail-point": 0,
  zombie: 0,
  scale: 0,
  "torn-state": 0,
  "end-txn": 0,
  "lost-answer": 0,
  cut: 0,
  "broker-kill": 0,
  "broker-pause": 0,
};

// A bug here looks like this: a scenario that says "as expected" of a pipeline that is not running.

import type { Alert, TransactionInput } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { cardTesting } from "../../../scenarios/card-testing.ts";
import { runScenario } from "../../../scenarios/run-scenario.ts";
import type { Story } from "../../../scenarios/scenario.ts";
import { verdictTable } from "../../../scenarios/verdict.ts";

const scenario = cardTesting({ runId: "run-1", endsAtMs: Date.parse("2026-01-02T03:04:05.678Z") });

function alertOf(story: Story, causes: readonly string[], status: Alert["status"] = "raised"): Alert {
  const all = [...story.transactions, ...story.sentinel];
  const evidence = causes.map((id) => all.find((transaction) => transaction.id === id));
  return { rule: "card-testing", accountId: story.accountId, status, evidence } as unknown as Alert;
}

const rightAlerts = (story: Story) => [
  ...story.expected.map(({ status, causes }) => alertOf(story, causes, status)),
  alertOf(story, story.sentinelCauses),
];

/** Runs the scenario against a pipeline that raises what `alertsOf` says, one alert a call. */
async function runAgainst(alertsOf: (story: Story, index: number) => Alert[]) {
  const sent: TransactionInput[] = [];
  const waiting = scenario.stories.flatMap(alertsOf);
  let nowMs = 0;
  const verdicts = await runScenario(scenario, {
    send: async (transaction) => void sent.push(transaction),
    alerts: {
      next: async (waitMs) => {
        nowMs += waitMs;
        return waiting.splice(0, 1);
      },
      close: async () => undefined,
    },
    withinMs: 30_000,
    nowMs: () => nowMs,
  });
  return { sent, verdicts, nowMs, faults: verdicts.map(({ fault }) => fault) };
}

describe("a scenario", () => {
  it("is as expected when exactly the right alerts come, and waits no longer", async () => {
    const { sent, verdicts, faults, nowMs } = await runAgainst(rightAlerts);
    expect(sent).toHaveLength(scenario.stories.flatMap(({ transactions }) => transactions).length + 40);
    expect(faults.every((fault) => fault === undefined)).toBe(true);
    expect(verdicts.map(({ seen }) => seen)).toEqual([1, 1, 3, 0, 0, 0, 0, 0, 0, 0]);
    expect(nowMs).toBe(15 * 250);
  });

  it("proves nothing when no alert comes at all", async () => {
    const { faults, nowMs } = await runAgainst(() => []);
    expect(faults.every((fault) => fault?.includes("nothing is proven"))).toBe(true);
    expect(nowMs).toBe(30_000);
  });

  it("finds a missing alert", async () => {
    const { faults } = await runAgainst((story, index) =>
      index === 0 ? rightAlerts(story).slice(1) : rightAlerts(story),
    );
    expect(faults[0]).toBe("expected [run-1-1.1 run-1-1.2 run-1-1.5 run-1-1.7], seen []");
    expect(faults.slice(1).every((fault) => fault === undefined)).toBe(true);
  });

  it("finds an alert on a near-miss", async () => {
    const { faults } = await runAgainst((story, index) =>
      index === 3
        ? [
            alertOf(
              story,
              story.transactions.map(({ id }) => id),
            ),
            ...rightAlerts(story),
          ]
        : rightAlerts(story),
    );
    expect(faults[3]).toContain("expected [], seen [run-1-4.1");
  });

  it("finds an alert that came twice, also the last", async () => {
    const { faults } = await runAgainst((story, index) => {
      const alerts = rightAlerts(story);
      return index <= 1 ? [...alerts.slice(0, index + 1), ...alerts.slice(index)] : alerts;
    });
    expect(faults[0]).toContain("seen [run-1-1.1 run-1-1.2 run-1-1.5 run-1-1.7; run-1-1.1");
    expect(faults[1]).toBe("the complete fraud sent after it raised 2 alerts");
  });

  it("looks at alerts of its own rule alone", async () => {
    const { faults } = await runAgainst((story) => [
      { ...alertOf(story, story.sentinelCauses), rule: "velocity-burst" },
      ...rightAlerts(story),
    ]);
    expect(faults.every((fault) => fault === undefined)).toBe(true);
  });

  it("finds an alert that was withdrawn, and one with other evidence", async () => {
    const { faults } = await runAgainst((story, index) => {
      const [first, ...rest] = rightAlerts(story);
      if (index === 0) {
        return [
          ...rightAlerts(story).slice(0, 1),
          alertOf(story, story.expected[0]?.causes ?? [], "withdrawn"),
          ...rest,
        ];
      }
      return index === 1
        ? [alertOf(story, (story.expected[0]?.causes ?? []).slice(1)), ...rest]
        : [first, ...rest].filter(isAlert);
    });
    expect(faults[0]).toContain("; withdrawn: run-1-1.1");
    expect(faults[1]).toContain("seen [run-1-2.2 run-1-2.3 run-1-2.4]");
  });

  it("shows each story in a row, with the reason below one that differs", async () => {
    const { verdicts } = await runAgainst((story, index) =>
      index === 1 ? rightAlerts(story).slice(1) : rightAlerts(story),
    );
    const lines = verdictTable(verdicts.slice(0, 2)).split("\n");
    expect(lines[1]).toMatch(/^three small, others between, then a large one +1 alert {3}1 alert {3}✔$/);
    expect(lines[2]).toMatch(/^the third small one arrives after the large one +1 alert {3}0 alerts {2}✘$/);
    expect(lines[3]).toContain("expected [run-1-2.1");
  });
});

function isAlert(alert: Alert | undefined): alert is Alert {
  return alert !== undefined;
}

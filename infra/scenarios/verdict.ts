// Compares the alerts that came with those that a scenario is worth.

import type { Alert } from "@riffle/contracts";
import type { Scenario, Story } from "./scenario.ts";

/** The rule and the ids of an alert's causes, and whether it was raised or withdrawn. */
type SeenAlert = Pick<Alert, "accountId" | "rule" | "status"> & {
  readonly evidence: readonly { readonly id: string }[];
};

/** What came of one story. */
export interface StoryVerdict {
  readonly title: string;
  readonly expected: number;
  /** Alerts beside the sentinel's. */
  readonly seen: number;
  /** Undefined when everything is as it must be. */
  readonly fault: string | undefined;
}

/** Collects alerts until every account's sentinel has come. */
export class AlertLedger {
  readonly #scenario: Scenario;
  readonly #byAccount = new Map<string, SeenAlert[]>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    for (const { accountId } of scenario.stories) {
      this.#byAccount.set(accountId, []);
    }
  }

  /** Alerts of accounts outside the scenario are somebody else's, and so are those of other rules. */
  add(alert: SeenAlert): void {
    if (alert.rule !== this.#scenario.rule) return;
    this.#byAccount.get(alert.accountId)?.push(alert);
  }

  /** Whether the last thing to come has come for every account. */
  get complete(): boolean {
    return this.#scenario.stories.every((story) => this.#of(story).some((alert) => isSentinel(alert, story)));
  }

  /** One verdict a story, in the scenario's order. */
  verdicts(): StoryVerdict[] {
    return this.#scenario.stories.map((story) => judge(story, this.#of(story)));
  }

  #of({ accountId }: Story): readonly SeenAlert[] {
    return this.#byAccount.get(accountId) ?? [];
  }
}

function judge(story: Story, alerts: readonly SeenAlert[]): StoryVerdict {
  const others = alerts.filter((alert) => !isSentinel(alert, story));
  const wanted = story.expected.map(({ status, causes }) => lineOf(status, causes.join(" ")));
  const got = others.map((alert) => lineOf(alert.status, causesOf(alert)));
  return {
    title: story.title,
    expected: wanted.length,
    seen: got.length,
    fault: faultOf(story, alerts, wanted, got),
  };
}

function faultOf(
  story: Story,
  alerts: readonly SeenAlert[],
  wanted: readonly string[],
  got: readonly string[],
): string | undefined {
  const sentinels = alerts.filter((alert) => isSentinel(alert, story)).length;
  if (sentinels === 0) {
    return "the complete fraud sent after it raised no alert in time, so nothing is proven";
  }
  if (sentinels > 1) {
    return `the complete fraud sent after it raised ${sentinels} alerts`;
  }
  return wanted.join("\n") === got.join("\n")
    ? undefined
    : `expected [${wanted.join("; ")}], seen [${got.join("; ")}]`;
}

function isSentinel(alert: SeenAlert, { sentinelCauses }: Story): boolean {
  return alert.status === "raised" && causesOf(alert) === sentinelCauses.join(" ");
}

function lineOf(status: Alert["status"], causes: string): string {
  return status === "raised" ? causes : `${status}: ${causes}`;
}

function causesOf({ evidence }: SeenAlert): string {
  return evidence.map(({ id }) => id).join(" ");
}

/** The verdicts as a table for the terminal. */
export function verdictTable(verdicts: readonly StoryVerdict[]): string {
  const width = Math.max(...verdicts.map(({ title }) => title.length));
  const rows = verdicts.map(({ title, expected, seen, fault }) => {
    const row = `${title.padEnd(width)}  ${count(expected)}  ${count(seen)}  ${fault === undefined ? "✔" : "✘"}`;
    return fault === undefined ? row : `${row}\n    ${fault}`;
  });
  return [`${"story".padEnd(width)}  ${"expected".padEnd(8)}  ${"seen".padEnd(8)}`, ...rows].join("\n");
}

function count(alerts: number): string {
  return (alerts === 1 ? "1 alert" : `${alerts} alerts`).padEnd(8);
}

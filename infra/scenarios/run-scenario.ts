// Sends a scenario through a running pipeline and waits for what it is worth.

import type { TransactionInput } from "@riffle/contracts";
import type { AlertReader } from "./alert-reader.ts";
import type { Scenario } from "./scenario.ts";
import { AlertLedger, type StoryVerdict } from "./verdict.ts";

export interface RunScenarioOptions {
  /** Resolves when the transaction has been accepted. */
  readonly send: (transaction: TransactionInput) => Promise<void>;
  /** Stands at the end of the alerts before the first transaction is sent. */
  readonly alerts: AlertReader;
  /** How long the last alert may take after the last transaction was accepted. */
  readonly withinMs: number;
  /** @default performance.now */
  readonly nowMs?: () => number;
}

const lookEveryMs = 250;

/** One verdict a story. It never waits longer than it must: each account's sentinel says when all has been seen. */
export async function runScenario(scenario: Scenario, options: RunScenarioOptions): Promise<StoryVerdict[]> {
  const { send, alerts, withinMs, nowMs = () => performance.now() } = options;
  for (const transaction of scenario.sent) {
    // One after the other: two requests at once could change places on their way to Kafka.
    await send(transaction);
  }
  const ledger = new AlertLedger(scenario);
  const deadline = nowMs() + withinMs;
  while (!ledger.complete && nowMs() < deadline) {
    for (const alert of await alerts.next(Math.min(lookEveryMs, withinMs))) {
      ledger.add(alert);
    }
  }
  return ledger.verdicts();
}

// From plots to a scenario: steps become transactions with ids and times of their own run.

import type { TransactionInput } from "@riffle/contracts";
import type { ExpectedAlert, Scenario, Story } from "./scenario.ts";

/** What a scenario is made for. */
export interface ScenarioOptions {
  /** Makes ids unique: letters, digits and hyphens. */
  readonly runId: string;
  /** The event time of the last transaction, in epoch milliseconds. */
  readonly endsAtMs: number;
}

/** One transaction of a plot: a purchase in EUR, unless the fields say otherwise. */
export interface Step {
  /** Event time after the beginning, milliseconds. */
  readonly atMs: number;
  readonly amount: number;
  readonly fields?: Partial<TransactionInput>;
  /** When it is sent, after the beginning, milliseconds; when it happens unless given. */
  readonly sentAtMs?: number;
}

/** An alert that a plot is worth. */
export interface PlottedAlert {
  readonly status: ExpectedAlert["status"];
  /** Indexes of the steps that cause it, in order. */
  readonly causes: readonly number[];
}

/** What happens on one account. */
export interface Plot {
  readonly title: string;
  readonly steps: readonly Step[];
  readonly alerts: readonly PlottedAlert[];
}

/** A scenario before it has ids and times. */
export interface Script {
  readonly name: string;
  readonly rule: string;
  readonly title: string;
  readonly plots: readonly Plot[];
  /** The complete fraud that ends each account's part, after everything else. */
  readonly sentinel: readonly Step[];
  /** Indexes of the sentinel's steps that cause its alert; all of them unless given. */
  readonly sentinelCauses?: readonly number[];
}

/** An alert that these steps raise. */
export const raised = (...causes: readonly number[]): PlottedAlert => ({ status: "raised", causes });

/** An alert of these steps that no longer holds. */
export const withdrawn = (...causes: readonly number[]): PlottedAlert => ({ status: "withdrawn", causes });

interface Told {
  readonly sentAtMs: number;
  readonly transaction: TransactionInput;
}

/** The scenario with ids and times of its own. Its last transaction happens at `endsAtMs`. */
export function tell(script: Script, { runId, endsAtMs }: ScenarioOptions): Scenario {
  const { name, rule, title, plots, sentinel } = script;
  const startsAtMs = endsAtMs - Math.max(...sentinel.map(({ atMs }) => atMs));
  const sent: Told[] = [];
  const stories = plots.map((plot, index): Story => {
    const accountId = `${runId}-${index + 1}`;
    const told = (steps: readonly Step[], prefix: string): TransactionInput[] =>
      steps.map((step, at) => {
        const transaction = transactionOf(step, `${prefix}.${at + 1}`, accountId, startsAtMs);
        sent.push({ sentAtMs: step.sentAtMs ?? step.atMs, transaction });
        return transaction;
      });
    const transactions = told(plot.steps, accountId);
    const last = told(sentinel, `${accountId}.sentinel`);
    const idsOf = (all: readonly TransactionInput[], indexes: readonly number[]): string[] =>
      indexes.flatMap((at) => all[at]?.id ?? []);
    return {
      title: plot.title,
      accountId,
      transactions,
      expected: plot.alerts.map(({ status, causes }) => ({ status, causes: idsOf(transactions, causes) })),
      sentinel: last,
      sentinelCauses: idsOf(last, script.sentinelCauses ?? [...sentinel.keys()]),
    };
  });
  // Over all accounts in the order of time, so that what is out of order is so on purpose.
  const inOrder = sent.toSorted((one, other) => one.sentAtMs - other.sentAtMs);
  return { name, rule, title, stories, sent: inOrder.map(({ transaction }) => transaction) };
}

function transactionOf(
  { atMs, amount, fields }: Step,
  id: string,
  accountId: string,
  startsAtMs: number,
): TransactionInput {
  return {
    id,
    accountId,
    amount,
    currency: "EUR",
    occurredAt: new Date(startsAtMs + atMs).toISOString(),
    type: "purchase",
    channel: "online",
    ...fields,
  };
}

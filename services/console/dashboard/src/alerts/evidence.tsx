// The transactions that caused an alert, in their order.

import type { ReactNode } from "react";
import type { Transaction } from "../api/wire.ts";
import { formatDuration } from "../format/text.ts";
import { Table } from "../marks/table.tsx";
import { Money, TransactionLink } from "../marks/things.tsx";
import { Moment } from "../marks/time.tsx";

/** Causes 1 to n, each with the step that took it and the time between them. */
export function Evidence({
  evidence,
  evidenceSteps,
}: {
  readonly evidence: readonly Transaction[];
  readonly evidenceSteps: readonly string[];
}): ReactNode {
  const steps = evidence.map((transaction, index) => ({
    place: index + 1,
    step: evidenceSteps[index],
    transaction,
    sinceMs: index === 0 ? undefined : sinceMs(evidence[index - 1], transaction),
  }));
  return (
    <Table
      label="Evidence"
      rows={steps}
      keyOf={({ place }) => String(place)}
      columns={[
        { title: "Cause", kind: "number", cell: ({ place }) => place },
        { title: "Step", kind: "line", cell: ({ step }) => step },
        {
          title: "Transaction",
          kind: "line",
          cell: ({ transaction }) => <TransactionLink id={transaction.id} />,
        },
        {
          title: "Amount",
          kind: "number",
          cell: ({ transaction }) => <Money amount={transaction.amount} currency={transaction.currency} />,
        },
        { title: "Type", kind: "line", cell: ({ transaction }) => typeOf(transaction) },
        {
          title: "Occurred",
          kind: "line",
          cell: ({ transaction }) => <Moment at={transaction.occurredAt} />,
        },
        {
          title: "After",
          kind: "number",
          cell: (row) => (row.sinceMs === undefined ? "–" : `+${formatDuration(row.sinceMs)}`),
        },
      ]}
    />
  );
}

const typeOf = ({ type, channel, country }: Transaction): string =>
  [type, channel?.replace("_", " "), country].filter((part) => part !== undefined).join(" · ");

function sinceMs(before: Transaction | undefined, after: Transaction): number | undefined {
  return before === undefined ? undefined : Date.parse(after.occurredAt) - Date.parse(before.occurredAt);
}

// The transactions that caused an alert, in their order.

import type { ReactNode } from "react";
import type { Transaction } from "../api/wire.ts";
import { formatDuration } from "../format/text.ts";
import { Table } from "../marks/table.tsx";
import { Money, TransactionLink } from "../marks/things.tsx";
import { Moment } from "../marks/time.tsx";

/** Steps 1 to n with the time between them. */
export function Evidence({ evidence }: { readonly evidence: readonly Transaction[] }): ReactNode {
  const steps = evidence.map((transaction, index) => ({
    step: index + 1,
    transaction,
    sinceMs: index === 0 ? undefined : sinceMs(evidence[index - 1], transaction),
  }));
  return (
    <Table
      label="Evidence"
      rows={steps}
      keyOf={({ step }) => String(step)}
      columns={[
        { title: "Step", kind: "number", cell: ({ step }) => step },
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

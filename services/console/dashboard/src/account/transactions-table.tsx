// Transactions as a list.

import type { ReactNode } from "react";
import type { TransactionRow } from "../api/wire.ts";
import { StatusTag } from "../marks/mark.tsx";
import { Table } from "../marks/table.tsx";
import { Money, TransactionLink } from "../marks/things.tsx";
import { Moment } from "../marks/time.tsx";

/** One row per transaction. */
export function TransactionsTable({
  transactions,
}: {
  readonly transactions: readonly TransactionRow[];
}): ReactNode {
  return (
    <Table
      label="Transactions"
      rows={transactions}
      keyOf={({ id }) => id}
      columns={[
        { title: "Transaction", kind: "line", cell: ({ id }) => <TransactionLink id={id} most={32} /> },
        {
          title: "Amount",
          kind: "number",
          cell: ({ transaction: { amount, currency } }) => <Money amount={amount} currency={currency} />,
        },
        {
          title: "Occurred",
          kind: "line",
          cell: ({ transaction }) => <Moment at={transaction.occurredAt} />,
        },
        { title: "Type", kind: "line", cell: ({ transaction }) => transaction.type },
        { title: "Merchant", kind: "line", cell: ({ transaction }) => transaction.merchantId ?? "–" },
        {
          title: "Status",
          kind: "line",
          cell: ({ status }) => <StatusTag status={status} />,
        },
      ]}
    />
  );
}

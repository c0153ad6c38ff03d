// Cases as a list.

import type { ReactNode } from "react";
import type { Case } from "../api/wire.ts";
import { formatCount } from "../format/text.ts";
import { Severity, StatusTag } from "../marks/mark.tsx";
import { type Column, Table } from "../marks/table.tsx";
import { AccountLink, CaseLink } from "../marks/things.tsx";
import { Ago } from "../marks/time.tsx";

const account: Column<Case> = {
  title: "Account",
  kind: "line",
  cell: ({ accountId }) => <AccountLink id={accountId} />,
};

const columns: readonly Column<Case>[] = [
  { title: "Case", kind: "line", cell: ({ id }) => <CaseLink id={id} most={18} /> },
  { title: "Severity", kind: "line", cell: ({ severity }) => <Severity severity={severity} /> },
  { title: "Status", kind: "line", cell: ({ status }) => <StatusTag status={status} /> },
  account,
  {
    title: "Assignee",
    kind: "line",
    cell: ({ assignee }) => assignee ?? <span className="note">nobody</span>,
  },
  {
    title: "Disposition",
    kind: "line",
    cell: ({ disposition }) => (disposition === null ? "–" : <StatusTag status={disposition} />),
  },
  { title: "Alerts", kind: "number", cell: ({ alerts }) => formatCount(alerts) },
  { title: "Comments", kind: "number", cell: ({ comments }) => formatCount(comments) },
  { title: "Changed", kind: "line", cell: ({ updatedAt }) => <Ago at={updatedAt} /> },
];

interface CasesTableProps {
  readonly cases: readonly Case[];
  readonly isOfOneAccount?: boolean;
}

/** One row per case. */
export function CasesTable({ cases, isOfOneAccount = false }: CasesTableProps): ReactNode {
  return (
    <Table
      label="Cases"
      rows={cases}
      keyOf={({ id }) => id}
      columns={isOfOneAccount ? columns.filter((column) => column !== account) : columns}
    />
  );
}

// Alerts as a list.

import type { ReactNode } from "react";
import type { AlertRow } from "../api/wire.ts";
import { Severity, StatusTag } from "../marks/mark.tsx";
import { type Column, Table } from "../marks/table.tsx";
import { AccountLink, AlertLink, CaseLink, Money } from "../marks/things.tsx";
import { Ago } from "../marks/time.tsx";
import { momentOf } from "./newest-alerts.ts";
import { stepsText } from "./steps-text.ts";

const account: Column<AlertRow> = {
  title: "Account",
  kind: "line",
  cell: ({ accountId }) => <AccountLink id={accountId} />,
};

const columns: readonly Column<AlertRow>[] = [
  { title: "Severity", kind: "line", cell: ({ severity }) => <Severity severity={severity} /> },
  { title: "Rule", kind: "line", cell: ({ rule, id }) => <RuleAndAlert rule={rule} id={id} /> },
  account,
  {
    title: "Reason",
    cell: ({ reason, evidenceSteps }) => (
      <span className="reason">
        {reason} <span className="note">{stepsText(evidenceSteps)}</span>
      </span>
    ),
  },
  {
    title: "Amount",
    kind: "number",
    cell: ({ amount, currency }) => <Money amount={amount} currency={currency} />,
  },
  { title: "Status", kind: "line", cell: ({ status }) => <StatusTag status={status} /> },
  {
    title: "Case",
    kind: "line",
    cell: ({ caseId }) => (caseId === null ? "–" : <CaseLink id={caseId} most={14} />),
  },
  { title: "When", kind: "line", cell: (alert) => <Ago at={momentOf(alert)} /> },
];

interface AlertsTableProps {
  readonly alerts: readonly AlertRow[];
  readonly isOfOneAccount?: boolean;
}

/** One row per alert, newest event. */
export function AlertsTable({ alerts, isOfOneAccount = false }: AlertsTableProps): ReactNode {
  return (
    <Table
      label="Alerts"
      rows={alerts}
      keyOf={({ id }) => id}
      columns={isOfOneAccount ? columns.filter((column) => column !== account) : columns}
    />
  );
}

function RuleAndAlert({ rule, id }: { readonly rule: string; readonly id: string }): ReactNode {
  return (
    <>
      <strong>{rule}</strong>
      <br />
      <AlertLink id={id} most={16} />
    </>
  );
}

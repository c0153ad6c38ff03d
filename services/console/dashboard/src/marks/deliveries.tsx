// What channels were told, and how it ended.

import type { ReactNode } from "react";
import type { Notification } from "../api/wire.ts";
import { formatDuration } from "../format/text.ts";
import { StatusTag } from "./mark.tsx";
import { Table } from "./table.tsx";
import { AlertLink } from "./things.tsx";
import { Ago } from "./time.tsx";

/** One row per notification. */
export function Deliveries({ deliveries }: { readonly deliveries: readonly Notification[] }): ReactNode {
  return (
    <Table
      label="Deliveries"
      rows={deliveries}
      keyOf={({ id, alertStatus, redelivery }) => `${id}/${alertStatus}/${redelivery ?? 0}`}
      columns={[
        { title: "Channel", kind: "line", cell: ({ channel }) => channel },
        { title: "About", kind: "line", cell: ({ alertId }) => <AlertLink id={alertId} /> },
        { title: "Alert", kind: "line", cell: ({ alertStatus }) => alertStatus },
        { title: "Outcome", kind: "line", cell: ({ outcome }) => <StatusTag status={outcome} /> },
        { title: "Attempts", kind: "number", cell: ({ attempts }) => attempts.length },
        { title: "Last answer", kind: "line", cell: lastAnswer },
        { title: "When", kind: "line", cell: ({ attempts }) => <LastAttempt at={attempts.at(-1)?.at} /> },
      ]}
    />
  );
}

function lastAnswer({ attempts, reason }: Notification): string {
  const last = attempts.at(-1);
  const answer =
    last === undefined
      ? "none"
      : `${last.status ?? last.error ?? "done"} in ${formatDuration(last.durationMs)}`;
  return reason === undefined ? answer : `${answer} · ${reason}`;
}

function LastAttempt({ at }: { readonly at: string | undefined }): ReactNode {
  return at === undefined ? "–" : <Ago at={at} />;
}

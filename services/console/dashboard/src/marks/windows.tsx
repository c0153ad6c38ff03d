// Windows with their values, as a table: the same for a transaction and for an account.

import type { ReactNode } from "react";
import type { WindowView } from "../api/wire.ts";
import { formatCount, formatDuration } from "../format/text.ts";
import { Tag } from "./mark.tsx";
import { Table } from "./table.tsx";
import { Money } from "./things.tsx";
import { Moment } from "./time.tsx";

/** `tumbling 1 min`, `hopping 1 h every 5 min`. */
export function nameOfWindow({
  kind,
  sizeMs,
  advanceMs,
}: Pick<WindowView, "kind" | "sizeMs" | "advanceMs">): string {
  const size = kind === "session" ? `${formatDuration(sizeMs)} gap` : formatDuration(sizeMs);
  return advanceMs === undefined ? `${kind} ${size}` : `${kind} ${size} every ${formatDuration(advanceMs)}`;
}

/** One row per window. */
export function Windows({ windows }: { readonly windows: readonly WindowView[] }): ReactNode {
  return (
    <Table
      label="Windows"
      rows={windows}
      keyOf={({ kind, sizeMs, start, currency }) => `${kind}/${sizeMs}/${start}/${currency}`}
      columns={[
        { title: "Window", kind: "line", cell: nameOfWindow },
        { title: "From", kind: "line", cell: ({ start }) => <Moment at={start} /> },
        { title: "To", kind: "line", cell: ({ end }) => <Moment at={end} /> },
        { title: "Count", kind: "number", cell: ({ count }) => formatCount(count) },
        {
          title: "Sum",
          kind: "number",
          cell: ({ sum, currency }) => <Money amount={sum} currency={currency} />,
        },
        {
          title: "Average",
          kind: "number",
          cell: ({ average, currency }) => <Money amount={Math.round(average)} currency={currency} />,
        },
        {
          title: "Max",
          kind: "number",
          cell: ({ max, currency }) => <Money amount={max} currency={currency} />,
        },
        {
          title: "State",
          kind: "line",
          cell: ({ final }) => <Tag tone={final ? "good" : "quiet"}>{final ? "final" : "open"}</Tag>,
        },
      ]}
    />
  );
}

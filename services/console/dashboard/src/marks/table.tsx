// A table of rows, scrollable with the keyboard where it is wider than its place.

import type { ReactNode } from "react";

/** One column of a table of `T`. */
export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => ReactNode;
  readonly kind?: "number" | "line";
}

interface TableProps<T> {
  /** What the table lists, for those who do not see where it stands. */
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
}

const classOf = (kind: "number" | "line" | undefined): string | undefined =>
  kind === undefined ? undefined : `is-${kind}`;

/** The rows in their order. */
export function Table<T>({ label, columns, rows, keyOf }: TableProps<T>): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
    // biome-ignore lint/a11y/useSemanticElements: a group of no form
    <div className="table-wrap" role="group" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ title, kind }) => (
              <th key={title} scope="col" className={classOf(kind)}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, cell, kind }) => (
                <td key={title} className={classOf(kind)}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The button under a list that goes on. */
export function More({
  onMore,
  isLoading,
}: {
  readonly onMore: () => void;
  readonly isLoading: boolean;
}): ReactNode {
  return (
    <div className="more">
      <button type="button" className="button" onClick={onMore} disabled={isLoading}>
        {isLoading ? "Loading…" : "Show more"}
      </button>
    </div>
  );
}

// The filters of a list that somebody gave, as SQL.

import type { SqlValue } from "./database.ts";

/** A column, and what it must be; null where nobody asked for it. */
export type Filter = readonly [column: string, value: SqlValue];

/**
 * Those that were given: each as `column = ? AND`, and the values in that order. The first of them finds the rows by its
 * index; SQLite is kept from looking at those of the others by their plus signs. So the filter that leaves the fewest rows
 * stands first.
 *
 * @param filters names of columns from the code alone
 */
export const given = (
  filters: readonly Filter[],
): { readonly conditions: string; readonly values: readonly SqlValue[] } => {
  const found = filters.filter(([, value]) => value !== null);
  return {
    conditions: found.map(([column], at) => `${at === 0 ? "" : "+"}${column} = ? AND`).join(" "),
    values: found.map(([, value]) => value),
  };
};

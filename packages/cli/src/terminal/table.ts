// Tables for a terminal: columns as wide as their widest cell, two spaces between them.

/** Lines of a table, its header first. Cells must be printable. */
export const tableLines = (header: readonly string[], rows: readonly (readonly string[])[]): string[] => {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => [...(row[column] ?? "")].length)));
  return all.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? "";
        return cell + " ".repeat(width - [...cell].length);
      })
      .join("  ")
      .trimEnd(),
  );
};

/** Lines of pairs, names in one column. */
export const pairLines = (
  pairs: readonly (readonly [name: string, value: string])[],
  indent = "",
): string[] => {
  const width = Math.max(0, ...pairs.map(([name]) => [...name].length));
  return pairs.map(([name, value]) =>
    `${indent}${name}${" ".repeat(width - [...name].length)}  ${value}`.trimEnd(),
  );
};

/** `1 dead letter`, `1,234 dead letters`. */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;

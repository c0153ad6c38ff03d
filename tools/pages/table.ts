// A Markdown table with columns of one width.

/** The rows, the first of them the header, as aligned Markdown. */
export function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")));
  const [header = [], ...body] = cells;
  const widths = header.map((_, at) => Math.max(3, ...cells.map((row) => [...(row[at] ?? "")].length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, at) => pad(row[at] ?? "", width)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  return [line(header), line(rule), ...body.map(line)].join("\n");
}

function pad(text: string, width: number): string {
  return text + " ".repeat(width - [...text].length);
}

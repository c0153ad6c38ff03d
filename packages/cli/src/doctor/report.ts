// A diagnosis as people read it.

import { printable } from "../terminal/printable.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { Finding, Severity } from "./finding.ts";

const paints = { critical: "red", warning: "yellow", info: "cyan" } as const satisfies Record<
  Severity,
  string
>;

/** Lines of all findings, each with its evidence, its impact and what to do. */
export const reportLines = (findings: readonly Finding[], { paint }: Pick<Terminal, "paint">): string[] =>
  findings.flatMap(({ code, severity, confidence, title, evidence, impact, remedy }) => [
    `${paint(paints[severity], severity)}  ${paint("bold", printable(title))}  ${paint("dim", `${code}, ${confidence}`)}`,
    ...evidence.map((fact) => `  - ${printable(fact)}`),
    `  impact: ${printable(impact)}`,
    `  do:     ${printable(remedy)}`,
    "",
  ]);

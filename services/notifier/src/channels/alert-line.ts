// An alert as one line for a person at a terminal.

import type { Alert } from "@riffle/contracts";

const red = 31;
const yellow = 33;
const bold = 1;

/**
 * `ALERT  card-testing  acc_42  3 purchases under 100.00 EUR, then 1,200.00 EUR within 2 min 10 s  (al_…)`; a
 * withdrawn one begins with `WITHDRAWN`. The contract keeps control characters out of every part.
 *
 * @param colours whether to use ANSI colours
 */
export const alertLine = (alert: Alert, { colours }: { readonly colours: boolean }): string => {
  const paint = (code: number, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const title = alert.status === "withdrawn" ? paint(yellow, "WITHDRAWN") : paint(red, "ALERT");
  return [title, alert.rule, paint(bold, alert.accountId), alert.reason, `(${alert.id})`].join("  ");
};

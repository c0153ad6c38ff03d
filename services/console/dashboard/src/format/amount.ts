// Money as people read it, by the contracts' own rule.

import { formatMoney } from "@riffle/contracts/money";

/** `1,200.00 EUR`; what has no such form (another code, no integer) is shown as it is. */
export function formatAmount(amount: number, currency: string): string {
  try {
    return formatMoney(amount, currency);
  } catch {
    return `${amount} ${currency}`;
  }
}

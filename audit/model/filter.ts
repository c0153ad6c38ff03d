// The filter, the plain way: every id it has ever seen.

import type { Transaction } from "@riffle/contracts";
import type { ModelOptions } from "./options.ts";

const contentOf = (transaction: Transaction): string =>
  JSON.stringify(Object.entries(transaction).toSorted());

/** What passes, in order, and `id reason` of what does not. */
export const filter = (
  received: readonly Transaction[],
  { relevantTypes }: ModelOptions,
): { readonly screened: Transaction[]; readonly rejected: string[] } => {
  const seen = new Map<string, string>();
  const screened: Transaction[] = [];
  const rejected: string[] = [];
  for (const transaction of received) {
    const content = contentOf(transaction);
    const first = seen.get(transaction.id);
    if (first !== undefined)
      rejected.push(`${transaction.id} ${first === content ? "duplicate" : "conflict"}`);
    else {
      seen.set(transaction.id, content);
      if (relevantTypes.includes(transaction.type)) screened.push(transaction);
      else rejected.push(`${transaction.id} not-relevant`);
    }
  }
  return { screened, rejected };
};

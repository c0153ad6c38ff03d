// The filter, the plain way: every account and id it has ever seen.

import { parseEventTime, type Rejection, type Transaction } from "@riffle/contracts";
import type { ModelOptions } from "./options.ts";
import { contentOf } from "./record-lines.ts";

/** What passes and what does not, both in order. */
export interface Filtered {
  readonly screened: Transaction[];
  readonly rejected: Rejection[];
}

const seenBefore = (first: Transaction, isSame: boolean): Pick<Rejection, "reason" | "detail"> => {
  const at = new Date(parseEventTime(first.occurredAt)).toISOString();
  return isSame
    ? { reason: "duplicate", detail: `This id came before, for ${at}, with the same content.` }
    : { reason: "conflict", detail: `This id came before, for ${at}, with other content.` };
};

/** The first of an account and id, and when it came: its event time or stream time then, whichever is later. */
interface Known {
  readonly first: Transaction;
  readonly cameMs: number;
}

const refusedAtTheEdge: Pick<Rejection, "reason" | "detail"> = {
  reason: "conflict",
  detail: "Ingest knew this id with other content, or with another account, and answered 409.",
};

/**
 * The answer to a partition's transactions.
 *
 * @param isRefusedAtTheEdge whether the record says that ingest answered 409: then it has no effect, and is not remembered
 */
export const filter = (
  received: readonly Transaction[],
  { relevantTypes, dedupHorizonMs }: ModelOptions,
  isRefusedAtTheEdge: (transaction: Transaction) => boolean = () => false,
): Filtered => {
  const seen = new Map<string, Known>();
  const screened: Transaction[] = [];
  const rejected: Rejection[] = [];
  let streamTimeMs = -1;
  for (const transaction of received) {
    const { id: transactionId, accountId, type } = transaction;
    const reject = (why: Pick<Rejection, "reason" | "detail">): void =>
      void rejected.push({ transactionId, accountId, ...why, transaction });
    const timeMs = parseEventTime(transaction.occurredAt);
    streamTimeMs = Math.max(streamTimeMs, timeMs);
    if (isRefusedAtTheEdge(transaction)) {
      reject(refusedAtTheEdge);
      continue;
    }
    const key = `${accountId} ${transactionId}`;
    const known = seen.get(key);
    if (known !== undefined && known.cameMs > streamTimeMs - dedupHorizonMs) {
      reject(seenBefore(known.first, contentOf(known.first) === contentOf(transaction)));
      continue;
    }
    seen.set(key, { first: transaction, cameMs: streamTimeMs });
    if (relevantTypes.includes(type)) screened.push(transaction);
    else
      reject({
        reason: "not-relevant",
        detail: `Transactions of type ${type} are not screened; those of type ${relevantTypes.join(", ")} are.`,
      });
  }
  return { screened, rejected };
};

// Posts transactions to ingest over HTTP, as a client would, keeping a few requests under way.

import type { Transaction } from "@riffle/contracts";

/** What became of the posts. */
export interface Posted {
  /** Ids answered 202, with repeats. */
  readonly accepted: string[];
  /** Status of every other answer, or the error's message. */
  readonly refused: string[];
}

const requestWithinMs = 15_000;

/**
 * Posts one after the other, `concurrency` at a time, until the transactions end or `until` says so. A transaction
 * that got no answer is not sent again: its outcome is unknown, and stays so.
 */
export const postAll = async (
  ingestUrl: string,
  transactions: Iterable<Transaction>,
  {
    concurrency = 8,
    until = () => false,
  }: { readonly concurrency?: number; readonly until?: () => boolean } = {},
): Promise<Posted> => {
  const accepted: string[] = [];
  const refused: string[] = [];
  const queue = transactions[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); !next.done && !until(); next = queue.next()) {
      const status = await post(ingestUrl, next.value);
      if (status === 202) accepted.push(next.value.id);
      else refused.push(String(status));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { accepted, refused };
};

const post = async (ingestUrl: string, transaction: Transaction): Promise<number | string> => {
  try {
    const answer = await fetch(`${ingestUrl}/v1/transactions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(transaction),
      signal: AbortSignal.timeout(requestWithinMs),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch (error) {
    return (error as Error).message;
  }
};

// Sends transactions to ingest as any client would: over HTTP, one after the other, with patience for a 503.

import { setTimeout as delay } from "node:timers/promises";
import type { TransactionInput } from "@riffle/contracts";
import { LauncherError } from "../launcher/errors.ts";

/** A 503 says that the transaction was not taken; a 429 that there are too many. Both pass. */
const passing = new Set([429, 503]);
const attemptsMax = 5;
const defaultRetryAfterMs = 500;
const answerWithinMs = 10_000;

/**
 * Resolves when ingest has accepted the transaction. A repeat is harmless, because the id makes it visible as one.
 *
 * @throws LauncherError with ingest's answer when it refuses, or when nothing answers
 */
export async function postTransaction(ingestUrl: string, transaction: TransactionInput): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await post(`${ingestUrl}/v1/transactions`, transaction);
    if (answer.status === 202) {
      return;
    }
    if (!passing.has(answer.status) || attempt === attemptsMax) {
      throw new LauncherError(
        `ingest answered ${answer.status} to transaction ${transaction.id}: ${await answer.text()}`,
      );
    }
    await answer.body?.cancel();
    await delay(retryAfterMs(answer.headers.get("retry-after")));
  }
}

async function post(url: string, transaction: TransactionInput): Promise<Response> {
  try {
    return await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(transaction),
      signal: AbortSignal.timeout(answerWithinMs),
    });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new LauncherError(`POST ${url}: ${cause}; is the pipeline running? (npx -y pnpm@10 start)`, {
      cause: error,
    });
  }
}

function retryAfterMs(header: string | null): number {
  const seconds = Number(header ?? "");
  return header !== null && seconds >= 0 ? seconds * 1000 : defaultRetryAfterMs;
}

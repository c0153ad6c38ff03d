// Sends batches to ingest until each line has an answer that will not change.
//
//   I1. What ingest could not take for now (429, 503, no answer) is sent again after the time it asks for, and only that;
//       an id that was recorded before all the same has no second effect, so nothing is counted twice.
//   I2. Each line has one result, in the order of the lines.

import { setTimeout as delay } from "node:timers/promises";
import { CliError } from "../errors.ts";
import { reasonOf, waitOf } from "../http/console-client.ts";
import type { HttpTarget } from "../target.ts";
import { printable } from "../terminal/printable.ts";
import type { NumberedLine } from "./line-batches.ts";

/** What became of one line. */
export interface LineResult {
  readonly line: number;
  readonly status: number;
  readonly [member: string]: unknown;
}

/** How often and how long. */
export interface Patience {
  /** How often a line is sent at the most. Default 8. */
  readonly attemptsMax?: number;
  /** Wait where ingest names none; doubled each time. Default 500 ms. */
  readonly backoffMs?: number;
  readonly wait?: (ms: number) => Promise<unknown>;
}

const requestTimeoutMs = 60_000;
const waitMsMax = 30_000;
const isPassing = (status: number): boolean => status === 429 || status === 503;

/**
 * The results of a batch.
 *
 * @throws CliError CLI_INGEST_UNREACHABLE when ingest answers nothing that can be read, the last time as well
 */
export const sendBatch = async (
  target: HttpTarget,
  batch: readonly NumberedLine[],
  { attemptsMax = 8, backoffMs = 500, wait = delay }: Patience = {},
): Promise<LineResult[]> => {
  const settled = new Map<number, LineResult>();
  let left = batch;
  for (let attempt = 1; left.length > 0; attempt++) {
    const isLast = attempt >= attemptsMax;
    const { results, retryAfterMs } = await attemptOnce(target, left, isLast);
    for (const result of results) if (isLast || !isPassing(result.status)) settled.set(result.line, result);
    left = left.filter(({ line }) => !settled.has(line));
    if (isLast && left.length > 0)
      throw unreachable(target.url, left, "it gave no result for them", undefined);
    if (left.length > 0) await wait(retryAfterMs ?? Math.min(waitMsMax, backoffMs * 2 ** (attempt - 1)));
  }
  return batch.flatMap(({ line }) => settled.get(line) ?? []);
};

interface Attempt {
  /** Of those lines that were answered. */
  readonly results: readonly LineResult[];
  readonly retryAfterMs: number | undefined;
}

const attemptOnce = async (
  { url, headers }: HttpTarget,
  batch: readonly NumberedLine[],
  isLast: boolean,
): Promise<Attempt> => {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${url}/v1/transactions/batch`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson", ...headers },
      body: Buffer.concat(batch.flatMap(({ bytes }) => [bytes, Buffer.from("\n")])),
      redirect: "error",
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    text = await response.text();
  } catch (cause) {
    if (!isLast) return { results: [], retryAfterMs: undefined };
    throw unreachable(url, batch, reasonOf(cause), cause);
  }
  const retryAfterMs = waitOf(response, waitMsMax);
  if (response.status === 202 || response.status === 207) {
    try {
      return { results: resultsIn(text, batch), retryAfterMs };
    } catch (cause) {
      throw unreachable(url, batch, "what answers there is no ingest", cause);
    }
  }
  return { results: problemOfAll(text, response.status, batch), retryAfterMs };
};

/** Ingest numbers the lines of what it was sent; here they have the numbers of the input. */
const resultsIn = (text: string, batch: readonly NumberedLine[]): LineResult[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => {
      const result = JSON.parse(line) as LineResult;
      const sent = batch[result.line - 1];
      // From there on nothing was read (batch-too-large): those lines have no result yet.
      if (sent === undefined || result["code"] === "batch-too-large") return [];
      return [{ ...result, line: sent.line }];
    });

/** An answer to the batch as a whole is the answer of each line. */
const problemOfAll = (text: string, status: number, batch: readonly NumberedLine[]): LineResult[] => {
  const { code, detail } = problemIn(text);
  return batch.map(({ line }) => ({
    line,
    status,
    code: typeof code === "string" ? code : `http-${status}`,
    ...(typeof detail === "string" ? { detail } : {}),
  }));
};

const problemIn = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const problem: unknown = JSON.parse(text);
    return typeof problem === "object" && problem !== null ? (problem as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};

const unreachable = (
  url: string,
  batch: readonly NumberedLine[],
  reason: string,
  cause: unknown,
): CliError => {
  const lines = `lines ${batch[0]?.line} to ${batch.at(-1)?.line}`;
  const message = `Ingest at ${printable(url)} did not answer for ${lines}: ${reason}. They may have been recorded; run the command again, an id has one effect. --ingest-url or INGEST_URL names another ingest.`;
  return new CliError("CLI_INGEST_UNREACHABLE", message, { cause });
};

// A batch on its way: read as it arrives, each transaction sent at once, answered in the order of its lines.
//
//   B1. Every transaction that was read has one result, under the number of its line, in order, whatever became of its
//       neighbours. What was not read is told by a last result, which says from which line on.
//   B2. Memory is bounded: one unread transaction, `unansweredMax` that wait for Kafka, and the results of at most
//       `linesMax` lines. When more would have to wait, the body is not read on; that is how a client is slowed down. All
//       batches together hold no more than result-memory.ts lets them: beyond it no line is read, and a last result says so.
//   B3. Results are told when all are known. A client that first writes everything and then reads never waits for a
//       server that first wants to be read.

import type { Readable } from "node:stream";
import type { Answer, Intake, Submission } from "../intake.ts";
import { bodyTooLarge, type Problem, problems } from "../problem.ts";
import type { BatchItem, BatchSplitter } from "./batch-item.ts";
import type { ResultMemory, ResultShare } from "./result-memory.ts";

/** The most transactions of a batch. */
export const linesMax = 10_000;
/** The largest batch, in bytes. */
export const batchBytesMax = 8 * 1024 * 1024;
/** Transactions of one batch that may wait for Kafka at once. */
const unansweredMax = 1_000;
/** What is wrong with one line is told up to here; a hostile batch is not answered with a larger one. */
const errorsMax = 5;

/** What a run is made of. */
export interface BatchRunOptions {
  readonly intake: Intake;
  readonly submission: Submission;
  readonly splitter: BatchSplitter;
  /** Asked for each transaction; a problem is its answer instead of being taken. */
  readonly admit: () => Problem | undefined;
  /** That of all batches. */
  readonly memory: ResultMemory;
}

/** What became of a batch. */
export interface BatchOutcome {
  /** One JSON object for each, in the order of the lines. */
  readonly results: readonly string[];
  /** Transactions by what they were answered: `accepted` or the problem's code. */
  readonly counts: ReadonlyMap<string, number>;
}

/** One batch. */
export class BatchRun {
  readonly #options: BatchRunOptions;
  readonly #share: ResultShare;
  readonly #results: string[] = [];
  readonly #counts = new Map<string, number>();
  #unanswered = 0;
  #bytes = 0;
  #isCut = false;
  #wake: (() => void) | undefined;
  /** Cut out of the chunk at hand, and not taken yet. */
  #pending: { readonly line: number; readonly item: BatchItem }[] = [];
  #lastLine = 0;

  constructor(options: BatchRunOptions) {
    this.#options = options;
    this.#share = options.memory.share();
  }

  /** To be called when the answer is out, or nobody waits for it. */
  forget(): void {
    this.#share.end();
  }

  /**
   * Reads the body to its end, or to its limit, and waits for every answer. What lies behind a limit is left unread.
   *
   * @throws what the body fails with when its client goes away; the transactions read so far are on their way
   */
  async run(body: Readable): Promise<BatchOutcome> {
    const { splitter } = this.#options;
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      this.#bytes += chunk.length;
      if (this.#bytes > batchBytesMax)
        this.#cut("batch-too-large", `The batch has more than ${batchBytesMax} bytes.`);
      if (this.#isCut) break;
      splitter.push(chunk, this.#collect);
      await this.#takePending();
      if (this.#isCut) break;
    }
    if (!this.#isCut) {
      splitter.end(this.#collect);
      await this.#takePending();
    }
    while (this.#unanswered > 0) await this.#nextAnswer();
    return { results: this.#results, counts: this.#counts };
  }

  readonly #collect = (line: number, item: BatchItem): void => {
    this.#pending.push({ line, item });
  };

  async #takePending(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    for (const { line, item } of pending) {
      if (this.#results.length >= linesMax) {
        this.#lastLine = line - 1;
        this.#cut("batch-too-large", `The batch has more than ${linesMax} transactions.`);
        return;
      }
      if (this.#options.memory.isFull) {
        this.#lastLine = line - 1;
        this.#cut("overloaded", "The service has more answers to give than it can hold.");
        return;
      }
      this.#lastLine = line;
      while (this.#unanswered >= unansweredMax) await this.#nextAnswer();
      for (let room = this.#options.intake.room(); room; room = this.#options.intake.room()) await room;
      this.#take(line, item);
    }
  }

  #take(line: number, item: BatchItem): void {
    const at = this.#results.length;
    this.#results.push("");
    const put = (answer: Answer): void => {
      const result = resultOf(line, answer);
      this.#results[at] = result;
      this.#share.hold(result);
      const outcome = answer.kind === "accepted" ? "accepted" : answer.problem.code;
      this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
    };
    const refused = item.kind === "bytes" ? this.#options.admit() : problemOf(item);
    if (refused !== undefined || item.kind !== "bytes") {
      put({ kind: "refused", problem: refused ?? bodyTooLarge });
      return;
    }
    this.#unanswered++;
    this.#options.intake.take(item.bytes, this.#options.submission, (answer) => {
      this.#unanswered--;
      put(answer);
      this.#wake?.();
    });
  }

  #cut(code: "batch-too-large" | "overloaded", why: string): void {
    this.#isCut = true;
    const line = this.#lastLine + 1;
    const detail = `${why} From line ${line} on nothing was read or recorded; send the rest as another batch.`;
    this.#results.push(resultOf(line, { kind: "refused", problem: { code, detail } }));
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
  }

  #nextAnswer(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function problemOf(item: Exclude<BatchItem, { kind: "bytes" }>): Problem {
  if (item.kind === "too-large") return bodyTooLarge;
  const { code, message } = item;
  return {
    code: "malformed-json",
    detail: `From here on the list could not be read: ${message}.`,
    errors: [{ field: "", code, byteAt: 0, message }],
  };
}

/** Ids have no character that JSON would escape (contracts, ids.ts). */
function resultOf(line: number, answer: Answer): string {
  if (answer.kind === "accepted") {
    return `{"line":${line},"status":202,"id":"${answer.id}","accountId":"${answer.accountId}"}`;
  }
  const { problem, id } = answer;
  const { code, detail } = problem;
  const errors = problem.errors?.slice(0, errorsMax);
  return JSON.stringify({ line, status: problems[code].status, id, code, detail, errors });
}

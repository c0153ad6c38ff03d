// POST /v1/transactions/batch: many transactions in one body, NDJSON or a JSON list; one result for each.

import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type BatchOutcome, BatchRun, batchBytesMax } from "../batch/batch-run.ts";
import { LineSplitter } from "../batch/line-splitter.ts";
import { ListSplitter } from "../batch/list-splitter.ts";
import type { ResultMemory } from "../batch/result-memory.ts";
import type { IngestMetrics } from "../ingest-metrics.ts";
import type { Intake } from "../intake.ts";
import { type Problem, underPressure } from "../problem.ts";
import { traceparentOf } from "../traceparent.ts";

/** What the route needs. */
export interface PostBatchOptions {
  readonly intake: Intake;
  readonly metrics: IngestMetrics;
  readonly sendProblem: (reply: FastifyReply, problem: Problem) => FastifyReply;
  /** Whether the sender of the request may send one more transaction. */
  readonly admit: (request: FastifyRequest) => Problem | undefined;
  readonly memory: ResultMemory;
}

const tooLarge: Problem = {
  code: "batch-too-large",
  detail: `A batch has at most ${batchBytesMax} bytes. Nothing was recorded; send it in parts.`,
};
const empty: Problem = {
  code: "malformed-json",
  detail: "The batch holds no transaction.",
  errors: [{ field: "", code: "json-empty", byteAt: 0, message: "the batch holds no transaction" }],
};
const keyOfMany: Problem = {
  code: "idempotency-key-mismatch",
  detail:
    "A batch takes no Idempotency-Key, because the key of a transaction is its id. Nothing was recorded; send it without the header.",
};

/** The handler of the route; the body arrives as a stream. */
export function postBatch({ intake, metrics, sendProblem, admit, memory }: PostBatchOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { headers } = request;
    if (headers["idempotency-key"] !== undefined) return sendProblem(reply, keyOfMany);
    if (Number(headers["content-length"] ?? 0) > batchBytesMax) return sendProblem(reply, tooLarge);
    // Fastify parses no body where there is none.
    if (request.body === undefined) return sendProblem(reply, empty);
    if (memory.isFull) return sendProblem(reply, underPressure);
    const isList = /^application\/json/i.test(headers["content-type"] ?? "");
    const run = new BatchRun({
      intake,
      submission: intake.submission(traceparentOf(headers["traceparent"]), undefined),
      splitter: isList ? new ListSplitter() : new LineSplitter(),
      admit: () => admit(request),
      memory,
    });
    reply.raw.once("close", () => run.forget());
    let outcome: BatchOutcome;
    try {
      outcome = await run.run(request.body as Readable);
    } catch (error) {
      // Its client has gone, and there is nobody to answer; anything else is ours.
      if (!request.raw.destroyed) throw error;
      metrics.requests.inc({ status: "none", outcome: "client-gone" });
      return reply.hijack();
    }
    return answerWith(reply, outcome, isList);
  };

  function answerWith(reply: FastifyReply, { results, counts }: BatchOutcome, isList: boolean): FastifyReply {
    if (results.length === 0) return sendProblem(reply, empty);
    for (const [result, count] of counts) metrics.batchTransactions.inc({ outcome: result }, count);
    const allAccepted = counts.get("accepted") === results.length;
    const status = allAccepted ? 202 : 207;
    metrics.requests.inc({ status: String(status), outcome: allAccepted ? "accepted" : "partial" });
    return reply
      .code(status)
      .type(isList ? "application/json; charset=utf-8" : "application/x-ndjson; charset=utf-8")
      .send(isList ? `[${results.join(",\n")}]\n` : results.map((result) => `${result}\n`).join(""));
  }
}

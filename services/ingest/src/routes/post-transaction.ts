// POST /v1/transactions: the transaction goes to Kafka, and the answer is 202 once every in-sync replica has it.

import type { FastifyReply, FastifyRequest } from "fastify";
import { idempotencyKeyOf } from "../idempotency-key.ts";
import type { IngestMetrics } from "../ingest-metrics.ts";
import type { Answer, Intake } from "../intake.ts";
import type { Problem } from "../problem.ts";
import { traceparentOf } from "../traceparent.ts";

/** What the route needs. */
export interface PostTransactionOptions {
  readonly intake: Intake;
  readonly metrics: IngestMetrics;
  readonly sendProblem: (reply: FastifyReply, problem: Problem) => FastifyReply;
}

/** The handler of the route; the body arrives as unread bytes. */
export function postTransaction({ intake, metrics, sendProblem }: PostTransactionOptions) {
  const answerWith = (reply: FastifyReply, answer: Answer): void => {
    if (answer.kind === "refused") {
      sendProblem(reply, answer.problem);
      return;
    }
    const { id, accountId, isRepeat } = answer;
    metrics.requests.inc({ status: "202", outcome: "accepted" });
    if (isRepeat) reply.header("idempotency-replayed", "true");
    // Ids have no character that JSON would escape (contracts, ids.ts).
    reply
      .code(202)
      .header("location", `/v1/transactions/${id}`)
      .type("application/json; charset=utf-8")
      .send(`{"id":"${id}","accountId":"${accountId}","status":"accepted"}`);
  };
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const key = idempotencyKeyOf(request.headers["idempotency-key"]);
    if (key.kind === "fault") {
      sendProblem(reply, key.problem);
      return;
    }
    const submission = intake.submission(traceparentOf(request.headers["traceparent"]), key.id);
    intake.take(bytes, submission, (answer) => answerWith(reply, answer));
  };
}

// POST /v1/transactions: judge, send, and answer 202 only once the record is safe (P1).

import { headerNames, topics } from "@riffle/contracts";
import { failPoint } from "@riffle/streams";
import type { FastifyReply, FastifyRequest } from "fastify";
import { acceptTransaction } from "../accept-transaction.ts";
import type { Clock } from "../clock.ts";
import type { IngestMetrics } from "../ingest-metrics.ts";
import { notRecordedInTime, overloaded, type Problem } from "../problem.ts";
import type { RecordGate } from "../record-gate.ts";
import { traceparentOf } from "../traceparent.ts";

/** What the route needs. */
export interface PostTransactionOptions {
  readonly gate: RecordGate;
  readonly clock: Clock;
  readonly metrics: IngestMetrics;
  readonly sendProblem: (reply: FastifyReply, problem: Problem) => FastifyReply;
}

/** The handler of the route; the body arrives as unread bytes. */
export function postTransaction(options: PostTransactionOptions) {
  const { gate, clock, metrics, sendProblem } = options;
  const { name: topic, codec } = topics.transactionsReceived;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const receivedAtMs = clock.nowMs();
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const verdict = acceptTransaction(bytes, receivedAtMs);
    if (verdict.kind === "refused") return sendProblem(reply, verdict.problem);
    const { transaction, value, occurredAtMs } = verdict;
    failPoint("before-accept");
    const outcome = await gate.send({
      topic,
      key: transaction.accountId,
      value,
      timestampMs: occurredAtMs,
      headers: {
        [headerNames.schema]: codec.schema,
        [headerNames.traceparent]: traceparentOf(request.headers["traceparent"]),
        [headerNames.receivedAt]: String(receivedAtMs),
      },
    });
    switch (outcome) {
      case "recorded":
        failPoint("after-accept");
        metrics.requests.inc({ status: "202", outcome: "accepted" });
        return reply
          .code(202)
          .header("location", `/v1/transactions/${transaction.id}`)
          .type("application/json; charset=utf-8")
          .send(JSON.stringify({ id: transaction.id, accountId: transaction.accountId, status: "accepted" }));
      case "full":
        return sendProblem(reply, overloaded);
      case "unknown":
        return sendProblem(reply, notRecordedInTime);
    }
  };
}

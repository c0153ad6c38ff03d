// The HTTP server: limits, routes and the shape of every answer.
//
//   H1. Bad input is answered with 4xx, before anything is sent to Kafka; never with 5xx, never with silence.
//   H2. Fastify's own body validation is not used (it coerces and drops); the body reaches accept-transaction.ts as
//       bytes, whatever its Content-Type says, or not at all.
//   H3. A request has 5 s for its headers and 10 s in all; an idle connection is closed after 9 s. (Fastify's default
//       lets a slow request live for ever.)
//   H4. Every answer has X-Request-Id, and is an RFC 9457 problem when it is not the 202.

import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Logger, Metrics } from "@riffle/service-kit";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { Clock } from "./clock.ts";
import type { IngestConfig } from "./config.ts";
import { ConnectionErrors } from "./connection-errors.ts";
import { type IngestMetrics, ingestMetrics } from "./ingest-metrics.ts";
import { frameworkProblem, type Problem, problemBody, problemContentType, problems } from "./problem.ts";
import { RecordGate, type RecordSender } from "./record-gate.ts";
import { postTransaction } from "./routes/post-transaction.ts";

/** The largest body, in bytes: a transaction with everything at its limit has some 8 KiB. */
export const bodyBytesMax = 64 * 1024;

const requestTimeoutMs = 10_000;
const headersTimeoutMs = 5_000;
const keepAliveTimeoutMs = 9_000;
const connectionsCheckingIntervalMs = 1_000;

const transactionsPath = "/v1/transactions";
const requestIdShape = /^[A-Za-z0-9._:-]{1,64}$/;
/** `application/json`, with no parameter but charset=utf-8. Anything cleverer has been a way around validation. */
const jsonMediaType = /^application\/json[ \t]*(?:;[ \t]*charset[ \t]*=[ \t]*"?utf-8"?[ \t]*)?$/i;

/** What the server is made of. */
export interface ServerOptions {
  readonly config: Pick<IngestConfig, "PRODUCE_DEADLINE_MS" | "UNSETTLED_SENDS_MAX">;
  readonly log: Logger;
  readonly sender: RecordSender;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** A server that does not listen yet, and the gate it sends through, for readiness. */
export interface IngestServer {
  readonly app: FastifyInstance;
  readonly gate: RecordGate;
}

/** Methods each path takes; the first that matches. */
const pathMethods: readonly (readonly [RegExp, string])[] = [
  [/^\/v1\/transactions$/, "POST"],
  [/^\/v1\/transactions\/[^/]+$/, "GET, HEAD"],
];

function unroutedProblem(request: FastifyRequest): Problem {
  const path = request.url.split("?", 1)[0] ?? "";
  const allow = pathMethods.find(([shape]) => shape.test(path))?.[1];
  return allow === undefined
    ? { code: "unknown-path", detail: `Transactions are sent with POST ${transactionsPath}.` }
    : {
        code: "method-not-allowed",
        detail: `This path takes ${allow}.`,
        headers: { allow },
      };
}

function mediaTypeProblem(request: FastifyRequest): Problem | undefined {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    return { code: "unsupported-media-type", detail: "Send the body without Content-Encoding." };
  }
  if (jsonMediaType.test(request.headers["content-type"] ?? "")) return undefined;
  return {
    code: "unsupported-media-type",
    detail: "Send the transaction with Content-Type: application/json.",
  };
}

type SendProblem = ReturnType<typeof problemSender>;

/** Answers with a problem and counts it. */
function problemSender(metrics: IngestMetrics) {
  return (reply: FastifyReply, problem: Problem): FastifyReply => {
    const { status } = problems[problem.code];
    metrics.requests.inc({ status: String(status), outcome: problem.code });
    return reply
      .code(status)
      .headers({ ...problem.headers })
      .type(problemContentType)
      .send(problemBody(problem, reply.request.id));
  };
}

function requestIdOf(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && requestIdShape.test(given) ? given : randomUUID();
}

function setAnswerHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({
    "x-request-id": request.id,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
}

function createApp(connectionErrors: ConnectionErrors, sendProblem: SendProblem): FastifyInstance {
  return fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: {
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: connectionsCheckingIntervalMs,
    },
    // While closing, requests already on a connection are served like any other; readiness keeps new ones away.
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: requestIdOf,
    routerOptions: { maxParamLength: 64 },
    clientErrorHandler: connectionErrors.handle,
    frameworkErrors: (error, request, reply) => {
      setAnswerHeaders(request, reply);
      const problem = frameworkProblem(error);
      sendProblem(
        reply,
        problem ?? { code: "malformed-request", detail: "The request could not be routed." },
      );
    },
  });
}

function addHooks(app: FastifyInstance, connectionErrors: ConnectionErrors, sendProblem: SendProblem): void {
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
  });
  app.addHook("onRequest", async (request, reply) => {
    connectionErrors.watch(request.raw, reply.raw);
    setAnswerHeaders(request, reply);
    // Before the body is read: what has no route needs no body.
    if (request.is404) return sendProblem(reply, unroutedProblem(request));
    const problem = request.method === "POST" ? mediaTypeProblem(request) : undefined;
    return problem === undefined ? undefined : sendProblem(reply, problem);
  });
  app.addHook("onSend", async (_request, reply) => {
    // Otherwise a kept-alive connection would hold up the shutdown until it idles out.
    if (closing) reply.header("connection", "close");
  });
}

function addErrorHandling(app: FastifyInstance, log: Logger, sendProblem: SendProblem): void {
  app.setNotFoundHandler((request, reply) => sendProblem(reply, unroutedProblem(request)));
  app.setErrorHandler((error, request, reply) => {
    const problem = frameworkProblem(error);
    if (problem !== undefined) return sendProblem(reply, problem);
    log.error({ err: error, requestId: request.id }, "a request failed for a reason of ours");
    const detail =
      "The transaction may or may not have been recorded. Send it again unchanged, with the same id.";
    return sendProblem(reply, { code: "internal-error", detail });
  });
}

/**
 * Builds the server: `POST /v1/transactions`, `GET /v1/transactions/:id` (always 404, with a pointer), and problems for
 * everything else. Metrics are created in `options.metrics`, so call it once per registry.
 */
export function buildServer(options: ServerOptions): IngestServer {
  const { config, log, sender, clock } = options;
  const metrics = ingestMetrics(options.metrics);
  const sendProblem = problemSender(metrics);
  const connectionErrors = new ConnectionErrors(metrics);
  const gate = new RecordGate({
    sender,
    clock,
    metrics,
    log,
    deadlineMs: config.PRODUCE_DEADLINE_MS,
    unsettledMax: config.UNSETTLED_SENDS_MAX,
  });
  const app = createApp(connectionErrors, sendProblem);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
  addHooks(app, connectionErrors, sendProblem);
  addErrorHandling(app, log, sendProblem);
  app.post(transactionsPath, postTransaction({ gate, clock, metrics, sendProblem }));
  app.get(`${transactionsPath}/:id`, (_request, reply) =>
    sendProblem(reply, {
      code: "transaction-not-kept",
      detail:
        "Ingest hands transactions on and keeps none. Read transactions.screened.v1 and transactions.rejected.v1, or run `riffle explain <id>`.",
    }),
  );
  return { app, gate };
}

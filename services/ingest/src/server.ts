// The HTTP server: limits, routes and the shape of every answer.
//
//   H1. Bad input is answered with 4xx, before anything is sent to Kafka; never with 5xx, never with silence.
//   H2. Fastify's own body validation is not used (it coerces and drops); the body reaches accept-transaction.ts as
//       bytes, whatever its Content-Type says, or not at all.
//   H3. A request has 5 s for its headers and 10 s in all; an idle connection is closed after 9 s. (Fastify's default
//       lets a slow request live for ever.)
//   H4. Every answer of the API has X-Request-Id, and is an RFC 9457 problem when it is not the 202 (or 207 of a batch).
//   H5. Who sends is known before a body is read; what cannot be served is refused before that, too.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { ConfigError, type Logger, type Metrics, type Tracing } from "@riffle/service-kit/process";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { serveDocs } from "./api/docs.ts";
import { Admission } from "./auth/admission.ts";
import { doorOf } from "./auth/door.ts";
import { transactionBytesMax } from "./batch/batch-item.ts";
import type { Clock } from "./clock.ts";
import type { IngestConfig } from "./config.ts";
import { ConnectionErrors } from "./connection-errors.ts";
import { type IngestMetrics, ingestMetrics } from "./ingest-metrics.ts";
import { Intake } from "./intake.ts";
import { LoopWatch } from "./loop-watch.ts";
import {
  frameworkProblem,
  type Problem,
  problemBody,
  problemContentType,
  problems,
  underPressure,
} from "./problem.ts";
import { RecentAnswers } from "./recent-answers.ts";
import { RecordGate, type RecordSender } from "./record-gate.ts";
import { mediaTypeHook, unroutedProblem } from "./request-shape.ts";
import { traceRequests } from "./request-spans.ts";
import { postBatch } from "./routes/post-batch.ts";
import { postTransaction } from "./routes/post-transaction.ts";

const requestTimeoutMs = 10_000;
const headersTimeoutMs = 5_000;
const keepAliveTimeoutMs = 9_000;
const connectionsCheckingIntervalMs = 1_000;

const transactionsPath = "/v1/transactions";
const requestIdShape = /^[A-Za-z0-9._:-]{1,64}$/;

/** What the server is made of. */
export interface ServerOptions {
  readonly config: Omit<IngestConfig, "KAFKA_BROKERS">;
  readonly log: Logger;
  readonly sender: RecordSender;
  readonly metrics: Metrics;
  /** @default none: requests are not traced */
  readonly tracing?: Tracing | undefined;
  readonly clock: Clock;
}

/** A server that does not listen yet, and the gate it sends through, for readiness. */
export interface IngestServer {
  readonly app: FastifyInstance;
  readonly gate: RecordGate;
  /** Watches whether the process keeps up, from when it listens. */
  readonly loop: LoopWatch;
  /** Whether whoever reaches the port may send transactions. */
  readonly isOpen: boolean;
}

/** Answers with a problem. */
export type SendProblem = (reply: FastifyReply, problem: Problem) => FastifyReply;

/** Answers with a problem and counts it. */
function problemSender(metrics: IngestMetrics): SendProblem {
  return (reply, problem) => {
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

type TlsConfig = Pick<IngestConfig, "TLS_CERT_FILE" | "TLS_KEY_FILE">;

/** What TLS needs; `undefined` without it. @throws ConfigError naming the file that cannot be read */
function tlsOf({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key }: TlsConfig) {
  if (cert === undefined && key === undefined) return undefined;
  const read = (variable: string, file: string | undefined): Buffer => {
    if (file === undefined) {
      throw new ConfigError([{ variable, problem: "required where the other of the two is set" }]);
    }
    try {
      return readFileSync(file);
    } catch (error) {
      const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
      throw new ConfigError([{ variable, problem: `${file} cannot be read (${why})` }]);
    }
  };
  return {
    cert: read("TLS_CERT_FILE", cert),
    key: read("TLS_KEY_FILE", key),
    minVersion: "TLSv1.2" as const,
  };
}

function createApp(
  connectionErrors: ConnectionErrors,
  sendProblem: SendProblem,
  config: TlsConfig,
): FastifyInstance {
  const timeouts = {
    headersTimeout: headersTimeoutMs,
    connectionsCheckingInterval: connectionsCheckingIntervalMs,
  };
  const tls = tlsOf(config);
  const app = fastify({
    logger: false,
    bodyLimit: transactionBytesMax,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    // Fastify asks for one or the other; what the types of the two differ in is the server alone.
    ...((tls === undefined ? { http: timeouts } : { https: { ...timeouts, ...tls } }) as { http: object }),
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
  return app;
}

interface HookOptions {
  readonly connectionErrors: ConnectionErrors;
  readonly loop: LoopWatch;
  readonly sendProblem: SendProblem;
}

function addHooks(app: FastifyInstance, { connectionErrors, loop, sendProblem }: HookOptions): void {
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
  });
  // Callbacks, not promises: these run for every request.
  app.addHook("onRequest", (request, reply, done) => {
    connectionErrors.watch(request.raw, reply.raw);
    setAnswerHeaders(request, reply);
    // Before the body is read: what has no route needs no body.
    if (request.is404) sendProblem(reply, unroutedProblem(request));
    else if (loop.isBehind) sendProblem(reply, underPressure);
    else done();
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    // Otherwise a kept-alive connection would hold up the shutdown until it idles out.
    if (closing) reply.header("connection", "close");
    done(null, payload);
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

interface RouteOptions {
  readonly intake: Intake;
  readonly metrics: IngestMetrics;
  readonly admission: Admission;
  readonly sendProblem: SendProblem;
}

function addRoutes(app: FastifyInstance, { intake, metrics, admission, sendProblem }: RouteOptions): void {
  const door = doorOf(admission, sendProblem);
  const single = [
    door.opens("transactions:write"),
    door.admits,
    mediaTypeHook(["application/json"], sendProblem),
  ];
  const many = [
    door.opens("transactions:write"),
    mediaTypeHook(["application/json", "application/x-ndjson"], sendProblem),
  ];
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
  app.post(transactionsPath, { onRequest: single }, postTransaction({ intake, metrics, sendProblem }));
  app.get(`${transactionsPath}/:id`, { onRequest: door.opens("transactions:read") }, (_request, reply) =>
    sendProblem(reply, transactionNotKept),
  );
  // A scope of its own, for here a body is no text but a stream.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(["application/json", "application/x-ndjson"], (_request, body, done) =>
      done(null, body),
    );
    const handler = postBatch({ intake, metrics, sendProblem, admit: door.admission });
    scope.post(`${transactionsPath}/batch`, { onRequest: many }, handler);
  });
}

const transactionNotKept: Problem = {
  code: "transaction-not-kept",
  detail:
    "Ingest hands transactions on and keeps none. Read transactions.screened.v1 and transactions.rejected.v1, run `riffle explain <id>`, or look for the id in the console.",
};

/**
 * Builds the server: transactions one by one and in batches, the pointer at `GET /v1/transactions/:id` (always 404), the
 * API's description, and problems for everything else. Metrics are created in `options.metrics`, so call it once per
 * registry.
 *
 * @throws ConfigError when it is not said who may send, or a file of the configuration cannot be used
 */
export function buildServer(options: ServerOptions): IngestServer {
  const { config, log, sender, clock } = options;
  const metrics = ingestMetrics(options.metrics);
  const sendProblem = problemSender(metrics);
  const connectionErrors = new ConnectionErrors(metrics);
  const admission = new Admission(config, log, clock);
  const gate = new RecordGate({
    sender,
    clock,
    metrics,
    log,
    deadlineMs: config.PRODUCE_DEADLINE_MS,
    unsettledMax: config.UNSETTLED_SENDS_MAX,
    unsettledBytesMax: config.UNSETTLED_BYTES_MAX,
  });
  const loop = new LoopWatch(config.EVENT_LOOP_DELAY_MS_MAX, clock);
  const intake = new Intake({ gate, recent: new RecentAnswers(config.REPEAT_MEMORY_BYTES), clock });
  const app = createApp(connectionErrors, sendProblem, config);
  if (options.tracing !== undefined) traceRequests(app, options.tracing);
  addHooks(app, { connectionErrors, loop, sendProblem });
  addErrorHandling(app, log, sendProblem);
  addRoutes(app, { intake, metrics, admission, sendProblem });
  if (config.API_DOCS) app.register(serveDocs);
  app.addHook("onListen", async () => loop.start());
  app.addHook("onClose", async () => {
    loop.stop();
    admission.close();
  });
  return { app, gate, loop, isOpen: admission.isOpen };
}

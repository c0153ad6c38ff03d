// The HTTP server: limits, routes and the shape of every answer.
//
//   H1. Bad input is answered with 4xx, before anything is sent to Kafka; never with 5xx, never with silence.
//   H2. Fastify's own body validation is not used (it coerces and drops); the body reaches accept-transaction.ts as
//       bytes, whatever its Content-Type says, or not at all.
//   H3. A request has 5 s for its headers and 10 s in all; a connection is closed when it is idle for 9 s, or when its client does
//       not read its answer for 10 s (http-timeouts.ts). HTTP_CONNECTIONS_MAX are open at once.
//   H4. Every answer of the API has X-Request-Id, and is an RFC 9457 problem when it is not the 202 (or 207 of a batch).
//   H5. Who sends is known before a body is read; what cannot be served is refused before that, too.

import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import {
  KnownPaths,
  type Logger,
  type Metrics,
  problemHeaders,
  type Tracing,
} from "@riffle/service-kit/process";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { serveDocs } from "./api/docs.ts";
import { Admission } from "./auth/admission.ts";
import { doorOf } from "./auth/door.ts";
import { transactionBytesMax } from "./batch/batch-item.ts";
import { ResultMemory } from "./batch/result-memory.ts";
import { bodyParser } from "./body-parser.ts";
import type { Clock } from "./clock.ts";
import type { IngestConfig } from "./config.ts";
import { ConnectionErrors } from "./connection-errors.ts";
import { type HttpTimeouts, httpTimeouts } from "./http-timeouts.ts";
import { gaugeCertificate, gaugeRepeats, type IngestMetrics, ingestMetrics } from "./ingest-metrics.ts";
import { Intake } from "./intake.ts";
import { LoopWatch } from "./loop-watch.ts";
import { frameworkProblem, type Problem, problemBody, problems, underPressure } from "./problem.ts";
import { RecentAnswers } from "./recent-answers.ts";
import { RecordGate, type RecordSender } from "./record-gate.ts";
import { mediaTypeHook, unroutedProblem } from "./request-shape.ts";
import { traceRequests } from "./request-spans.ts";
import { postBatch } from "./routes/post-batch.ts";
import { postTransaction } from "./routes/post-transaction.ts";
import { type ServerCertificate, type ServerTls, serverCertificateOf } from "./server-certificate.ts";

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
  /** @default httpTimeouts */
  readonly timeouts?: HttpTimeouts | undefined;
  /** What the results of batches may take. @default resultBytesMax */
  readonly resultBytesMax?: number | undefined;
}

/** A server that does not listen yet, and the gate it sends through, for readiness. */
export interface IngestServer {
  readonly app: FastifyInstance;
  readonly gate: RecordGate;
  /** Watches whether the process keeps up, from when it listens. */
  readonly loop: LoopWatch;
  /** What the port shows; `undefined` without TLS. */
  readonly certificate: ServerCertificate | undefined;
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
      .headers(problemHeaders(problems, problem))
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

interface AppOptions {
  readonly connectionErrors: ConnectionErrors;
  readonly sendProblem: SendProblem;
  readonly timeouts: HttpTimeouts;
  /** As `timeouts` has it, and the time that Kafka may take besides. */
  readonly quietMs: number;
  readonly tls: ServerTls | undefined;
}

function createApp({ connectionErrors, sendProblem, timeouts, quietMs, tls }: AppOptions): FastifyInstance {
  const ofNode = {
    headersTimeout: timeouts.headersMs,
    connectionsCheckingInterval: timeouts.checkEveryMs,
    // Node would answer by itself, in other words than ours and uncounted (H4).
    requireHostHeader: false,
  };
  // A handshake precedes the headers, and Node's own patience with it is two minutes.
  const ofTls = { ...ofNode, handshakeTimeout: timeouts.headersMs, ...tls };
  const app = fastify({
    logger: false,
    bodyLimit: transactionBytesMax,
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: timeouts.idleMs,
    connectionTimeout: quietMs,
    // Fastify asks for one or the other; what the types of the two differ in is the server alone.
    ...((tls === undefined ? { http: ofNode } : { https: ofTls }) as { http: object }),
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
  // An expectation that nobody knows may be passed over (RFC 9110, 10.1.1); Node would answer 417 by itself (H4).
  app.server.on("checkExpectation", (request, response) => app.routing(request, response));
  return app;
}

const hasNoHost = ({ httpVersion, headers }: IncomingMessage): boolean =>
  httpVersion === "1.1" && headers.host === undefined;

interface HookOptions {
  readonly paths: KnownPaths;
  readonly connectionErrors: ConnectionErrors;
  readonly loop: LoopWatch;
  readonly sendProblem: SendProblem;
}

function addHooks(app: FastifyInstance, options: HookOptions): void {
  const { paths, connectionErrors, loop, sendProblem } = options;
  let closing = false;
  app.addHook("onRoute", (route) => paths.add(route));
  app.addHook("preClose", async () => {
    closing = true;
  });
  // Callbacks, not promises: these run for every request.
  app.addHook("onRequest", (request, reply, done) => {
    connectionErrors.watch(request.raw, reply.raw);
    setAnswerHeaders(request, reply);
    // Before the body is read: what has no route needs no body.
    if (hasNoHost(request.raw)) sendProblem(reply, noHost);
    else if (request.is404) sendProblem(reply, unroutedProblem(paths, request));
    else if (loop.isBehind) sendProblem(reply, underPressure);
    else done();
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    // Otherwise a kept-alive connection would hold up the shutdown until it idles out.
    if (closing) reply.header("connection", "close");
    done(null, payload);
  });
}

interface ErrorOptions {
  readonly paths: KnownPaths;
  readonly log: Logger;
  readonly sendProblem: SendProblem;
}

function addErrorHandling(app: FastifyInstance, { paths, log, sendProblem }: ErrorOptions): void {
  app.setNotFoundHandler((request, reply) => sendProblem(reply, unroutedProblem(paths, request)));
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
  readonly memory: ResultMemory;
}

function addRoutes(app: FastifyInstance, options: RouteOptions): void {
  const { intake, metrics, admission, sendProblem, memory } = options;
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
  app.addContentTypeParser("application/json", bodyParser(transactionBytesMax));
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
    const handler = postBatch({ intake, metrics, sendProblem, admit: door.admission, memory });
    scope.post(`${transactionsPath}/batch`, { onRequest: many }, handler);
  });
}

const noHost: Problem = { code: "malformed-request", detail: "HTTP/1.1 asks for a Host header." };
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
  const admission = new Admission(config, log, clock, options.metrics);
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
  const recent = new RecentAnswers(config.REPEAT_MEMORY_BYTES);
  gaugeRepeats(options.metrics, recent);
  const intake = new Intake({ gate, recent, clock });
  const certificate = serverCertificateOf(config, log, clock);
  gaugeCertificate(options.metrics, certificate);
  const timeouts = options.timeouts ?? httpTimeouts;
  const quietMs = timeouts.quietMs + config.PRODUCE_DEADLINE_MS;
  const app = createApp({ connectionErrors, sendProblem, timeouts, quietMs, tls: certificate?.tls });
  connectionErrors.bound(app.server, config.HTTP_CONNECTIONS_MAX);
  const paths = new KnownPaths();
  if (options.tracing !== undefined) traceRequests(app, options.tracing);
  addHooks(app, { paths, connectionErrors, loop, sendProblem });
  addErrorHandling(app, { paths, log, sendProblem });
  const memory = new ResultMemory(options.resultBytesMax);
  addRoutes(app, { intake, metrics, admission, sendProblem, memory });
  if (config.API_DOCS) app.register(serveDocs);
  app.addHook("onListen", async () => {
    loop.start();
    certificate?.follow(app.server);
  });
  app.addHook("onClose", async () => {
    loop.stop();
    certificate?.close();
    admission.close();
  });
  return { app, gate, loop, certificate, isOpen: admission.isOpen };
}

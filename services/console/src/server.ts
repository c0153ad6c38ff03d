// The HTTP server of the console: limits, the shape of answers, and who adds routes to it.
//
//   H1. Every answer under /v1 has X-Request-Id and `no-store`, and is a problem where it is no success.
//   H2. A request has 5 s for its headers and 10 s in all; a body has at most 64 KiB.
//   H3. Who asks is known before a route runs: the guard is added before any part, and a route without a rule is refused.
//   H4. A path that takes other methods than the one that is asked for says which (405 with Allow); others are not there (404).
//   H5. A connection on which nothing moves for a minute is ended: who asks for much and reads none of it has it kept no longer.

import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { KnownPaths, type Logger } from "@riffle/service-kit/process";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { NotOnRecordError } from "./access/reads-audit.ts";
import { type ConsoleProblem, frameworkProblem, sendProblem } from "./problem.ts";
import { QueryFault } from "./routes/query.ts";

const requestIdShape = /^[A-Za-z0-9._:-]{1,64}$/;
const bodyBytesMax = 64 << 10;
/** More than any answer takes to begin; a feed has a sign of life every 15 s. */
const stillMsMax = 60_000;

/** What the server is made of. */
export interface ServerOptions {
  readonly log: Logger;
  /** Adds who may do what; runs before any route is added (H3). */
  readonly guard: (app: FastifyInstance) => void;
  /** Proxies that are believed to ask for others (access/trusted-proxies.ts). */
  readonly trustProxy: false | string[];
}

const requestIdOf = (request: IncomingMessage): string => {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && requestIdShape.test(given) ? given : randomUUID();
};

const unrouted = ({ url, method }: FastifyRequest, paths: KnownPaths): ConsoleProblem => {
  const allow = paths.allow(url, method);
  if (allow !== undefined)
    return { code: "method-not-allowed", detail: `This path takes ${allow}.`, headers: { allow } };
  return {
    code: "unknown-path",
    detail: "There is nothing at this path; docs/console.md lists the paths.",
  };
};

/** H1. */
const mark = ({ id, url }: FastifyRequest, reply: FastifyReply): void => {
  reply.header("x-request-id", id);
  reply.header("x-content-type-options", "nosniff");
  if (url.startsWith("/v1/")) reply.header("cache-control", "no-store");
};

/** A path that the router cannot read gets by every hook. */
const refuseUnreadable = (_error: Error, request: FastifyRequest, reply: FastifyReply): void => {
  mark(request, reply);
  sendProblem(reply, {
    code: "malformed-request",
    detail: "The path cannot be read, or an id in it is longer than any is.",
  });
};

/** A server without routes that does not listen yet. */
export const buildServer = ({ log, guard, trustProxy }: ServerOptions): FastifyInstance => {
  const app = fastify({
    logger: false,
    trustProxy,
    bodyLimit: bodyBytesMax,
    connectionTimeout: stillMsMax,
    requestTimeout: 10_000,
    keepAliveTimeout: 9_000,
    http: { headersTimeout: 5_000, connectionsCheckingInterval: 1_000 },
    return503OnClosing: false,
    forceCloseConnections: true,
    requestIdHeader: false,
    genReqId: requestIdOf,
    routerOptions: { maxParamLength: 128 },
    frameworkErrors: refuseUnreadable,
  });
  app.addHook("onRequest", async (request, reply) => mark(request, reply));
  const paths = new KnownPaths();
  app.addHook("onRoute", (route) => paths.add(route));
  guard(app);
  app.setNotFoundHandler((request, reply) => sendProblem(reply, unrouted(request, paths)));
  app.setErrorHandler((error, request, reply) => {
    const isTold = error instanceof QueryFault || error instanceof NotOnRecordError;
    const problem = isTold ? error.problem : frameworkProblem(error);
    if (problem !== undefined) return sendProblem(reply, problem);
    log.error({ err: error, requestId: request.id }, "a request failed for a reason of ours");
    return sendProblem(reply, { code: "internal-error", detail: "The log of the console has the reason." });
  });
  return app;
};

// A span for each request, where traces are switched on. From then on the request's `traceparent` is that of its span, so
// that records, alerts and deliveries that follow from it are below it.

import type { Tracing } from "@riffle/service-kit/process";
import type { FastifyInstance } from "fastify";
import { isTraceparent } from "./traceparent.ts";

/** Begins a span before anything else is done with a request, and ends it when the answer is out or the client gone. */
export const traceRequests = (app: FastifyInstance, tracing: Tracing): void => {
  app.addHook("onRequest", (request, reply, done) => {
    const { headers, method, routeOptions } = request;
    const given = headers["traceparent"];
    const route = routeOptions.url ?? "no route";
    const span = tracing.begin({
      name: `${method} ${route}`,
      kind: "server",
      parent: typeof given === "string" && isTraceparent(given) ? given : undefined,
      attributes: { "http.request.method": method, "http.route": route },
    });
    headers["traceparent"] = span.traceparent;
    reply.raw.once("close", () => {
      const { statusCode, writableEnded } = reply.raw;
      const error = errorOf(statusCode, writableEnded);
      span.end({ error, attributes: { "http.response.status_code": statusCode } });
    });
    done();
  });
};

const errorOf = (statusCode: number, isAnswered: boolean): string | undefined => {
  if (!isAnswered) return "client gone";
  return statusCode >= 500 ? String(statusCode) : undefined;
};

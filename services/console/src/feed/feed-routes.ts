// The routes of the feed.
//
//   GET /v1/feed         a WebSocket, one JSON message each
//   GET /v1/feed/events  the same as server-sent events, whose ids are the cursors
//
//   R1. What is asked for is read before the connection is taken: a bad query is answered 400, and never upgraded.
//   R2. Above the bound of clients one more is answered 503.

import { fastifyWebsocket } from "@fastify/websocket";
import type { AccountMask } from "@riffle/service-kit/process";
import type { FastifyInstance, FastifyRequest, preHandlerHookHandler } from "fastify";
import type { ReadsAudit } from "../access/reads-audit.ts";
import { sendProblem } from "../problem.ts";
import type { FeedHub } from "./feed-hub.ts";
import { type FeedQuery, readFeedQuery } from "./feed-query.ts";
import { FeedReading } from "./feed-reading.ts";
import type { FeedSink } from "./feed-sink.ts";
import { SseSink } from "./sse-sink.ts";
import { WebSocketSink } from "./websocket-sink.ts";

/** What a client may say at once; it has nothing to say. */
const clientBytesMax = 1_024;
/** A browser's EventSource comes back after so long. */
const retryMs = 1_000;

/** What the routes are made of. */
export interface FeedRoutesOptions {
  readonly hub: FeedHub;
  readonly mask: AccountMask;
  readonly audit: ReadsAudit;
  readonly clientsMax: number;
  readonly nowMs: () => number;
}

/** Adds the routes. */
export async function addFeedRoutes(app: FastifyInstance, options: FeedRoutesOptions): Promise<void> {
  const { hub } = options;
  await app.register(fastifyWebsocket, {
    options: { maxPayload: clientBytesMax, perMessageDeflate: false },
    preClose: (done) => {
      hub.close();
      app.websocketServer.close();
      done();
    },
  });
  const preHandler = admit(options);
  const config = { access: "viewer" as const };
  app.get("/v1/feed", { websocket: true, config, preHandler, exposeHeadRoute: false }, (peer, request) => {
    const reading = readingOf(options, request);
    const left = connect(options, request, new WebSocketSink(peer, request.raw.socket), reading);
    peer.once("close", left);
  });
  app.get("/v1/feed/events", { config, preHandler, exposeHeadRoute: false }, (request, reply) => {
    // While it can still be refused with a status.
    const reading = readingOf(options, request);
    reply.hijack();
    const { raw } = reply;
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) raw.setHeader(name, value);
    }
    raw.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    raw.write(`retry: ${retryMs}\n\n`);
    raw.once("close", connect(options, request, new SseSink(raw), reading));
  });
}

/** R1, R2. */
function admit({ hub, clientsMax }: FeedRoutesOptions): preHandlerHookHandler {
  return (request, reply, done) => {
    const query = queryOf(request);
    if ("code" in query) return void sendProblem(reply, query);
    if (hub.clients < clientsMax) return void done();
    sendProblem(reply, {
      code: "feed-full",
      detail: `The feed serves ${clientsMax} clients already. Try again later.`,
      headers: { "retry-after": "5" },
    });
  };
}

/** The record of a reader who sees account ids; undefined for others. @throws Error when it cannot begin */
function readingOf({ audit, nowMs }: FeedRoutesOptions, request: FastifyRequest): FeedReading | undefined {
  const { reader, routeOptions, url } = request;
  if (reader?.seesFullIds !== true) return undefined;
  return new FeedReading(audit, reader, `GET ${routeOptions.url ?? ""}`, url.slice(0, 500), nowMs);
}

/** @returns what to call when the other side has gone */
function connect(
  { hub, mask }: FeedRoutesOptions,
  request: FastifyRequest,
  sink: FeedSink,
  reading: FeedReading | undefined,
): () => void {
  const { reader } = request;
  const query = queryOf(request);
  if (reader === null || "code" in query) {
    sink.close(1008, "not let in");
    return () => undefined;
  }
  const connection = hub.connect(
    {
      sink,
      filter: query.filter,
      figures: query.figures,
      mask: reading === undefined ? mask : undefined,
      onShown: reading?.show,
      onBeat: () => reading?.flushIfDue(),
      onLeft: () => reading?.flush(),
      isStillIn: reader.isStillIn,
    },
    query.start,
  );
  return () => connection.leave();
}

const queryOf = ({
  query,
  headers,
}: FastifyRequest): FeedQuery | Exclude<ReturnType<typeof readFeedQuery>, FeedQuery> =>
  readFeedQuery(query, headers["last-event-id"]);

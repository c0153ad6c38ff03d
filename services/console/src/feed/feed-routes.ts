// The routes of the feed.
//
//   GET /v1/feed         a WebSocket, one JSON message each
//   GET /v1/feed/events  the same as server-sent events, whose ids are the cursors
//
//   R1. Whatever can keep a client from the feed is found out before the connection is taken, and answered with a status: a bad
//       query 400, a journal that cannot be read 500, a reading that cannot be put on record 503. It is never upgraded then,
//       and no stream is begun.
//   R2. Above the bound of clients one more is answered 503; above its share of them a reader's next one is answered 429. Where
//       nobody is asked who he is, one network is one reader.

import { fastifyWebsocket } from "@fastify/websocket";
import type { AccountMask } from "@riffle/service-kit/process";
import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerHookHandler } from "fastify";
import type { ReadsAudit } from "../access/reads-audit.ts";
import { networkOf } from "../access/tries.ts";
import { type ConsoleProblem, type ConsoleProblemCode, sendProblem } from "../problem.ts";
import type { Wire } from "./encoded-event.ts";
import type { FeedHub, FeedPlace } from "./feed-hub.ts";
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
  /** Told of each client that is not let in, by the code of its answer. @default nothing */
  readonly onRefused?: (code: ConsoleProblemCode) => void;
}

/** What a client was let in with. */
interface Admission {
  readonly query: FeedQuery;
  readonly holder: string;
  readonly place: FeedPlace;
  readonly reading: FeedReading | undefined;
}

/** The admissions of requests whose connection is about to be taken. */
type Admissions = WeakMap<FastifyRequest, Admission>;

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
  const admissions: Admissions = new WeakMap();
  const common = { config: { access: "viewer" as const }, exposeHeadRoute: false };
  const bySocket = {
    ...common,
    websocket: true as const,
    preHandler: admit("websocket", options, admissions),
  };
  app.get("/v1/feed", bySocket, (peer, request) => {
    const sink = new WebSocketSink(peer, request.raw.socket);
    peer.once("close", connect(options, request, sink, admissions.get(request)));
  });
  const byEvents = { ...common, preHandler: admit("sse", options, admissions) };
  app.get("/v1/feed/events", byEvents, (request, reply) => {
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
    raw.once("close", connect(options, request, new SseSink(raw), admissions.get(request)));
  });
}

/** R1, R2. It is done within one turn of the process: nobody else takes the seat between this and the handler. */
function admit(wire: Wire, options: FeedRoutesOptions, admissions: Admissions): preHandlerHookHandler {
  const refuse = (reply: FastifyReply, problem: ConsoleProblem): void => {
    options.onRefused?.(problem.code);
    sendProblem(reply, problem);
  };
  return (request, reply, done) => {
    const query = readFeedQuery(request.query, request.headers["last-event-id"]);
    if ("code" in query) return refuse(reply, query);
    if (wire === "websocket" && !request.ws) return refuse(reply, noWebSocket);
    const holder = holderOf(request);
    const tooMany = tooManyOf(options, holder);
    if (tooMany !== undefined) return refuse(reply, tooMany);
    // What throws is answered by the server's own handler of errors.
    const place = options.hub.find(query.start);
    admissions.set(request, { query, holder, place, reading: readingOf(options, request) });
    done();
  };
}

const noWebSocket: ConsoleProblem = {
  code: "malformed-request",
  detail: "This path is a WebSocket. GET /v1/feed/events is the same as server-sent events.",
};

/** Whose clients are counted together (R2). */
const holderOf = ({ reader, ip }: FastifyRequest): string =>
  reader === null || reader.via === "none" ? `network ${networkOf(ip)}` : `reader ${reader.name}`;

/** A page of an account has two. */
const shareMin = 2;

/** A quarter of all clients are one reader's at most. */
const shareOf = (clientsMax: number): number => Math.max(shareMin, Math.ceil(clientsMax / 4));

/** R2. @returns why a holder is given no seat; undefined when there is one */
function tooManyOf({ hub, clientsMax }: FeedRoutesOptions, holder: string): ConsoleProblem | undefined {
  const headers = { "retry-after": "5" };
  if (hub.clients >= clientsMax) {
    const detail = `The feed serves ${clientsMax} clients already. Try again later.`;
    return { code: "feed-full", detail, headers };
  }
  const share = shareOf(clientsMax);
  if (hub.clientsOf(holder) < share) return undefined;
  const detail = `This reader, or this network where nobody is asked who he is, has ${share} feeds open, its share of FEED_CLIENTS_MAX. Close one and connect again.`;
  return { code: "too-many-feeds", detail, headers };
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
  { reader }: FastifyRequest,
  sink: FeedSink,
  admission: Admission | undefined,
): () => void {
  if (reader === null || admission === undefined) {
    sink.close(1008, "not let in");
    return () => undefined;
  }
  const { query, holder, place, reading } = admission;
  const connection = hub.connect(
    {
      holder,
      sink,
      filter: query.filter,
      figures: query.figures,
      mask: reading === undefined ? mask : undefined,
      onShown: reading?.show,
      onBeat: () => reading?.flushIfDue(),
      onLeft: () => reading?.flush(),
      isStillIn: reader.isStillIn,
    },
    place,
  );
  return () => connection.leave();
}

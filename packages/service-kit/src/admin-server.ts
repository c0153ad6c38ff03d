// The admin port: probes, metrics, version and profiles of a process, over plain HTTP.
//
// Its own server on its own port, so that business traffic can neither reach nor starve it; on 127.0.0.1 unless
// configured otherwise, because it asks nobody who they are. Only GET and HEAD, but for profiles (admin-profile.ts); reads
// no body.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { answerProfile, profileKindOf } from "./admin-profile.ts";
import { portFault } from "./errors.ts";
import type { Health, HealthReport } from "./health.ts";
import type { Metrics } from "./metrics.ts";
import { Profiler } from "./profiler.ts";

/** What the admin port serves, and where. */
export interface AdminServerOptions {
  /** Address to listen on. @default "127.0.0.1" */
  readonly host?: string;
  /** Port to listen on; 0 takes a free one. */
  readonly port: number;
  readonly health: Health;
  readonly metrics: Metrics;
  /** Answered as JSON by /version. */
  readonly version: Readonly<Record<string, string>>;
}

/** A running admin port. */
export interface AdminServer {
  /** The port it listens on. */
  readonly port: number;
  /** Closes it, open connections too. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const plain = "text/plain; charset=utf-8";
const json = "application/json; charset=utf-8";

function probe(report: HealthReport, verbose: boolean): Answer {
  const lines = report.checks
    .filter((check) => verbose || !check.ok)
    .map((check) => `[${check.ok ? "+" : "-"}] ${check.name}: ${check.detail}`);
  const text = [report.ok ? "ok" : "not ok", ...lines].join("\n");
  return { status: report.ok ? 200 : 503, type: plain, text: `${text}\n` };
}

async function answer(url: URL, options: AdminServerOptions): Promise<Answer> {
  const verbose = url.searchParams.has("verbose");
  switch (url.pathname) {
    case "/startupz":
      return probe(options.health.startup(), verbose);
    case "/livez":
      return probe(options.health.liveness(), verbose);
    case "/readyz":
      return probe(options.health.readiness(), verbose);
    case "/metrics":
      return { status: 200, type: options.metrics.contentType, text: await options.metrics.render() };
    case "/version":
      return { status: 200, type: json, text: `${JSON.stringify(options.version)}\n` };
    default:
      return {
        status: 404,
        type: plain,
        text: "there are /startupz, /livez, /readyz?verbose, /metrics, /version, and POST /profile/cpu and /profile/heap\n",
      };
  }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: AdminServerOptions,
  profiler: Profiler,
): Promise<void> {
  request.resume();
  const url = URL.parse(request.url ?? "/", "http://admin");
  const profile = url === null ? undefined : profileKindOf(url.pathname);
  const allowed = profile !== undefined || request.method === "GET" || request.method === "HEAD";
  let result: Answer;
  try {
    if (url !== null && profile !== undefined) {
      const { method, headers, socket } = request;
      const asked = { method, headers, remoteAddress: socket.remoteAddress };
      result = await answerProfile(profiler, profile, asked, url.searchParams, goneSignal(response));
    } else if (!allowed) result = { status: 405, type: plain, text: "GET and HEAD only\n" };
    else if (url === null) result = { status: 400, type: plain, text: "the path is malformed\n" };
    else result = await answer(url, options);
  } catch (error) {
    // A broken collector must not end the process; the scraper sees a failed scrape.
    result = {
      status: 500,
      type: plain,
      text: `${error instanceof Error ? error.message : String(error)}\n`,
    };
  }
  response.writeHead(result.status, {
    "content-type": result.type,
    "cache-control": "no-store",
    "content-length": Buffer.byteLength(result.text),
    ...(allowed ? {} : { allow: "GET, HEAD" }),
  });
  response.end(request.method === "HEAD" ? undefined : result.text);
}

/** Aborted when the connection closes. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return gone.signal;
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(portFault(error, { variable: "ADMIN_PORT", host, port }) ?? error),
    );
    server.listen({ host, port }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/**
 * Opens the admin port.
 *
 * `/startupz`, `/livez` and `/readyz` answer 200 or 503 with the failing checks as plain text, all checks with `?verbose`;
 * `/metrics` Prometheus' text; `/version` JSON; POST `/profile/cpu` and `/profile/heap` a profile; anything else 404.
 *
 * @throws ConfigError naming ADMIN_PORT when the port is taken or not allowed
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const profiler = new Profiler();
  const server = createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000, connectionsCheckingInterval: 1_000 },
    (request, response) => void handle(request, response, options, profiler),
  );
  const port = await listen(server, options.host ?? "127.0.0.1", options.port);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

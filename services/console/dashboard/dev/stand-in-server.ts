// A stand-in for the console, for work on the dashboard: the wire of services/console with a made-up pipeline behind it.
// Nothing in production and no test of the real console uses it.
//
//   node services/console/dashboard/dev/stand-in-server.ts [--port 8191] [--no-traffic] [--rebuilding]
//
// It also serves the built dashboard, under a policy as strict as the console's.

import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type WebSocket, WebSocketServer } from "ws";
import { SeededWorld, type WorldEvent } from "./seeded-world.ts";
import { eventOf } from "./stand-in-cases.ts";

/** How the stand-in behaves. */
export interface StandInOptions {
  readonly port: number;
  /** Payments per second. @default 6 */
  readonly perSecond?: number;
  readonly isRebuilding?: boolean;
}

/** A running stand-in. */
export interface StandIn {
  readonly url: string;
  readonly world: SeededWorld;
  close(): Promise<void>;
}

const built = fileURLToPath(new URL("../../dist/dashboard", import.meta.url));
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
const seed = 42;
const rebuiltRecords = 1_000_000;
const topicsByKind: Readonly<Record<WorldEvent["kind"], string>> = {
  alert: "alerts",
  case: "cases",
  notification: "notifications",
  "dead-letter": "deadletters",
  transaction: "transactions",
  aggregate: "aggregates",
};

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly more: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, detail: string, more: Readonly<Record<string, unknown>> = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.more = more;
  }
}

/** Starts it on 127.0.0.1. */
export async function startStandIn({
  port,
  perSecond = 6,
  isRebuilding = false,
}: StandInOptions): Promise<StandIn> {
  const world = new SeededWorld(seed);
  if (perSecond > 0) world.begin(Date.now(), perSecond);
  const feed = new Feed();
  const startedAt = Date.now();
  const applied = (): number =>
    isRebuilding ? Math.min(rebuiltRecords, (Date.now() - startedAt) * 8) : rebuiltRecords;
  const answer = new Answers(world, feed, applied);
  const server = createServer((request, response) => void answer.take(request, response));
  const sockets = new WebSocketServer({ server, path: "/v1/feed" });
  sockets.on("connection", (socket, request) => feed.join(socket, request.url ?? ""));
  const ticking = setInterval(() => {
    feed.tell(world.tick(Date.now()));
    feed.figures({ type: "figures", ...world.overview(Date.now()) });
  }, 1_000);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}`,
    world,
    close: async () => {
      clearInterval(ticking);
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Feed {
  readonly #journal: { readonly seq: number; readonly event: WorldEvent }[] = [];
  readonly #clients = new Map<WebSocket, URLSearchParams>();
  #seq = 0;

  join(socket: WebSocket, url: string): void {
    const query = new URL(url, "http://console").searchParams;
    const after = Number(query.get("cursor")?.split(".").at(-1) ?? this.#seq);
    for (const { seq, event } of this.#journal) if (seq > after) this.#send(socket, query, seq, event);
    socket.send(JSON.stringify({ type: "caught-up", cursor: `standin.${this.#seq}` }));
    this.#clients.set(socket, query);
    socket.on("close", () => this.#clients.delete(socket));
  }

  tell(events: readonly WorldEvent[]): void {
    for (const event of events) {
      this.#journal.push({ seq: ++this.#seq, event });
      for (const [socket, query] of this.#clients) this.#send(socket, query, this.#seq, event);
    }
  }

  figures(figures: unknown): void {
    for (const socket of this.#clients.keys()) socket.send(JSON.stringify(figures));
  }

  #send(socket: WebSocket, query: URLSearchParams, seq: number, { accountId, ...event }: WorldEvent): void {
    const topics = query.get("topics")?.split(",") ?? [];
    const account = query.get("account");
    if (!topics.includes(topicsByKind[event.kind]) || (account !== null && account !== accountId)) return;
    socket.send(JSON.stringify({ type: "event", cursor: `standin.${seq}`, ...event }));
  }
}

class Answers {
  readonly #world: SeededWorld;
  readonly #feed: Feed;
  readonly #applied: () => number;

  constructor(world: SeededWorld, feed: Feed, applied: () => number) {
    this.#world = world;
    this.#feed = feed;
    this.#applied = applied;
  }

  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://console");
    if (!url.pathname.startsWith("/v1/")) return await sendFile(url.pathname, response);
    try {
      const body = request.method === "POST" ? await bodyOf(request) : undefined;
      const value = body === undefined ? this.#read(url) : this.#command(url, body);
      send(response, 200, "application/json", value);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, code, message: detail, more } = error;
      send(response, status, "application/problem+json", {
        type: "about:blank",
        title: code,
        status,
        code,
        detail,
        ...more,
      });
    }
  }

  #read({ pathname, searchParams: query }: URL): unknown {
    const world = this.#world;
    const [, , kind = "", id, more] = pathname.split("/").map(decodeURIComponent);
    if (id !== undefined) return found(this.#one(kind, id, more, query), kind, id);
    switch (kind) {
      case "session":
        return { me: { name: "local", roles: ["viewer", "analyst", "admin"], via: "none" }, csrfToken: null };
      case "status":
        return this.#status();
      case "overview":
        return world.overview(Date.now());
      case "ledger":
        return { minutes: world.ledger(Date.now(), Number(query.get("minutes") ?? 60)) };
      case "scenario":
        return { available: true, ingestUrl: "http://127.0.0.1:8080" };
      case "alerts":
        return page(world.alerts.filter(matching(query, ["rule", "severity", "status"], "accountId")), query);
      case "cases":
        return page(world.cases().filter(matching(query, ["status", "assignee"], "accountId")), query);
      case "dead-letters":
        return page(world.deadLetters, query);
      case "transactions":
        return page(world.rowsOf(query.get("account") ?? ""), query);
      default:
        throw new Refusal(404, "not-found", `There is nothing at ${pathname}.`);
    }
  }

  #one(kind: string, id: string, more: string | undefined, query: URLSearchParams): unknown {
    const world = this.#world;
    if (kind === "transactions") return world.passport(id);
    if (kind === "accounts" && more === "windows")
      return { points: world.points(id, Number(query.get("sizeMs"))) };
    if (kind === "accounts") return world.account(id);
    if (kind === "cases") return world.caseAt(id, Number(query.get("version") ?? Number.POSITIVE_INFINITY));
    const alert = world.alerts.find((other) => other.id === id);
    if (alert === undefined) return undefined;
    const deliveries = world.notifications.filter(({ alertId }) => alertId === id);
    return { alert, history: [{ ...alert, eventTime: alert.lastAt }], deliveries, caseId: alert.caseId };
  }

  #command({ pathname }: URL, body: Readonly<Record<string, unknown>>): unknown {
    if (pathname === "/v1/scenario") {
      this.#feed.tell(this.#world.story(Date.now()));
      return { name: "card-testing" };
    }
    const id = decodeURIComponent(pathname.split("/")[3] ?? "");
    const before = this.#world.caseAt(id)?.case;
    if (before === undefined) throw new Refusal(404, "not-found", `There is no case ${id}.`);
    if (body["expectedVersion"] !== before.version) {
      const detail = `The case is at version ${before.version}.`;
      throw new Refusal(409, "case-version-conflict", detail, { currentVersion: before.version, by: "ada" });
    }
    const event = this.#world.change(id, eventOf(body, "local", new Date().toISOString()));
    this.#feed.tell([event]);
    return { case: this.#world.caseAt(id)?.case, event: event.data };
  }

  #status(): unknown {
    const applied = this.#applied();
    const isLive = applied === rebuiltRecords;
    return {
      phase: isLive ? "live" : "rebuilding",
      applied,
      total: rebuiltRecords,
      percent: (applied / rebuiltRecords) * 100,
      recordsPerSecond: isLive ? 12 : 8_000,
      lagRecords: 0,
      failure: null,
      epoch: "standin",
    };
  }
}

function matching<T extends object>(
  query: URLSearchParams,
  fields: readonly string[],
  account: string,
): (row: T) => boolean {
  return (row) => {
    const values = row as Readonly<Record<string, unknown>>;
    const isField = (field: string, wanted: string | null): boolean =>
      wanted === null || values[field] === wanted;
    return (
      fields.every((field) => isField(field, query.get(field))) && isField(account, query.get("account"))
    );
  };
}

function page<T>(items: readonly T[], query: URLSearchParams): unknown {
  const from = Number(query.get("after") ?? 0);
  const to = from + Number(query.get("limit") ?? 50);
  return { items: items.slice(from, to), next: to < items.length ? String(to) : null };
}

function found(value: unknown, kind: string, id: string): unknown {
  if (value !== undefined) return value;
  throw new Refusal(
    404,
    "not-found",
    `Nothing is known of ${kind} ${id}. The read model is live, so it is not there.`,
  );
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, unknown>;
}

function send(response: ServerResponse, status: number, type: string, value: unknown): void {
  response.writeHead(status, { "content-type": type }).end(JSON.stringify(value));
}

async function sendFile(path: string, response: ServerResponse): Promise<void> {
  const file = path.startsWith("/assets/") ? normalize(path) : "/index.html";
  try {
    const bytes = await readFile(join(built, file));
    const type = types[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "content-security-policy": policy }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8191" },
      "no-traffic": { type: "boolean", default: false },
      rebuilding: { type: "boolean", default: false },
    },
  });
  const standIn = await startStandIn({
    port: Number(values.port),
    isRebuilding: values.rebuilding,
    ...(values["no-traffic"] ? { perSecond: 0 } : {}),
  });
  process.stdout.write(`stand-in of the console at ${standIn.url}\n`);
}

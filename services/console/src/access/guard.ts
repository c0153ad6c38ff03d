// The one gate of the server: who asks, whether that one may, and how account ids leave.
//
//   G1. Every route says who may (`config: { access }`); a server with a route that does not say so does not become ready,
//       and such a route serves nobody.
//   G2. What changes something needs the session's token where a session's cookie lets it in.
//   G3. Account ids leave by one hook: masked for whoever may not see them, on record for whoever may. It is the last step
//       before an answer is bytes, whatever the route; JSON that comes as text goes through it too.
//   G4. Who may not see an account's id may not ask by it: answers to guessed ids would tell whose mask is whose.

import { fastifyCookie } from "@fastify/cookie";
import { type AccountMask, accountIdsIn } from "@riffle/service-kit/process";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import type { ConsoleProblem } from "../problem.ts";
import type { Doorkeeper, Entry } from "./doorkeeper.ts";
import { isOwnOrigin, isPrivateHost } from "./origin.ts";
import type { Reader } from "./reader.ts";
import type { ReadsAudit } from "./reads-audit.ts";
import { type Access, includes, isAccess } from "./roles.ts";
import { addSecurityHeaders } from "./security-headers.ts";
import { carriesToken, type Session } from "./sessions.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may use the route. */
    access?: Access;
  }
  interface FastifyRequest {
    /** Who asks; null on a public route asked by nobody known. */
    reader: Reader | null;
    /** The session that let the reader in; null without one. */
    session: Session | null;
  }
}

/** What the gate is made of. */
export interface GuardOptions {
  readonly doorkeeper: Doorkeeper;
  readonly mask: AccountMask;
  readonly audit: ReadsAudit;
  readonly sendProblem: (reply: FastifyReply, problem: ConsoleProblem) => FastifyReply;
}

/** Adds the gate to a server; before its first route. */
export function guardRoutes(app: FastifyInstance, options: GuardOptions): void {
  const { doorkeeper, sendProblem } = options;
  const refuse = (request: FastifyRequest, reply: FastifyReply, problem: ConsoleProblem): void => {
    // Of a connection that was to become a WebSocket nobody else lets go: a stranger could pile them up.
    if (request.headers.upgrade !== undefined) reply.raw.once("finish", () => request.raw.socket.end());
    sendProblem(reply, problem);
  };
  demandRules(app);
  addSecurityHeaders(app);
  // For its parser and its writer alone: the cookie is read where it is needed.
  app.register(fastifyCookie, { hook: false });
  app.decorateRequest("reader", null);
  app.decorateRequest("session", null);
  app.addHook("onRequest", (request, reply, done) => {
    if (request.is404) return void done();
    const enter = (entry: Entry): void => {
      if (entry.kind === "entered") {
        request.reader = entry.reader;
        request.session = entry.session ?? null;
      }
      const problem = refusalOf(request, entry);
      if (problem === undefined) done();
      else refuse(request, reply, problem);
    };
    const early = originProblem(request, doorkeeper.isOpen);
    if (early !== undefined) return refuse(request, reply, early);
    const entry = doorkeeper.identify(request);
    if (entry instanceof Promise) void entry.then(enter, done);
    else enter(entry);
  });
  guardAccountIds(app, options);
}

/** G1. */
function demandRules(app: FastifyInstance): void {
  const routes: RouteOptions[] = [];
  app.addHook("onRoute", (route) => void routes.push(route));
  app.addHook("onReady", async () => {
    const open = routes.filter(({ config }) => !isAccess(config?.access));
    if (open.length === 0) return;
    const names = open.map(({ method, url }) => `${String(method)} ${url}`).join(", ");
    throw new Error(`Routes without a rule: ${names}. Say who may use them: config: { access: "viewer" }.`);
  });
}

const unsafe = (request: FastifyRequest): boolean => !["GET", "HEAD", "OPTIONS"].includes(request.method);

function originProblem(request: FastifyRequest, isOpen: boolean): ConsoleProblem | undefined {
  if (isOpen && !isPrivateHost(request.headers.host)) return foreignHost;
  return isOwnOrigin(request.headers) ? undefined : foreignOrigin;
}

function refusalOf(request: FastifyRequest, entry: Entry): ConsoleProblem | undefined {
  const { access } = request.routeOptions.config;
  if (access === "public") {
    return unsafe(request) && isWithoutToken(request) ? csrfTokenWrong : undefined;
  }
  if (access === undefined) return noRule;
  if (entry.kind === "refused") return entry.problem;
  if (unsafe(request) && isWithoutToken(request)) return csrfTokenWrong;
  const { reader } = entry;
  if (!includes(reader.role, access)) return roleMissing(access);
  return !reader.seesFullIds && asksByAccount(request) ? accountNotAskable : undefined;
}

/** G2. */
const isWithoutToken = ({ session, headers }: FastifyRequest): boolean =>
  session !== null && !carriesToken(session, headers["x-csrf-token"]);

/** G4. */
function asksByAccount({ query }: FastifyRequest): boolean {
  return typeof query === "object" && query !== null && ("account" in query || "accountId" in query);
}

/** G3. */
function guardAccountIds(app: FastifyInstance, { mask, audit }: GuardOptions): void {
  const passed = new WeakSet<FastifyRequest>();
  const pass = (request: FastifyRequest, value: unknown): unknown => {
    passed.add(request);
    const { reader } = request;
    if (reader?.seesFullIds !== true) return mask.masked(value);
    const accountIds = accountIdsIn(value);
    if (accountIds.size > 0) {
      const route = `${request.method} ${request.routeOptions.url ?? ""}`;
      audit.record({ reader, route, path: pathOf(request), accountIds });
    }
    return value;
  };
  app.addHook("preSerialization", (request, _reply, payload, done) => {
    try {
      done(null, pass(request, payload));
    } catch (error) {
      done(error as Error);
    }
  });
  app.addHook("onSend", (request, reply, payload, done) => {
    try {
      const isLoose = !passed.has(request) && isJson(reply) && payload !== null && payload !== undefined;
      if (!isLoose || request.is404) return done(null, payload);
      if (typeof payload !== "string") throw new Error("JSON of a route must be an object or a text");
      done(null, JSON.stringify(pass(request, JSON.parse(payload))));
    } catch (error) {
      done(error as Error);
    }
  });
}

const isJson = (reply: FastifyReply): boolean =>
  /^application\/([a-z.+-]+\+)?(json|x-ndjson)\b/i.test(String(reply.getHeader("content-type") ?? "")) &&
  reply.request.url.startsWith("/v1/");

const pathOf = ({ url }: FastifyRequest): string => url.slice(0, 500);

const foreignHost: ConsoleProblem = {
  code: "foreign-origin",
  detail:
    "Nobody is asked who he is here, so this service answers only to addresses and to names of private networks. Configure API keys to use it by a public name.",
};
const foreignOrigin: ConsoleProblem = {
  code: "foreign-origin",
  detail: "The request was made by a page of another site.",
};
const csrfTokenWrong: ConsoleProblem = {
  code: "csrf-token-wrong",
  detail: "Send the csrfToken of GET /v1/session as `x-csrf-token`.",
};
const noRule: ConsoleProblem = { code: "role-missing", detail: "It is not said who may do this." };
const accountNotAskable: ConsoleProblem = {
  code: "role-missing",
  detail: "Asking by an account's id needs the role analyst.",
};
const roleMissing = (role: Access): ConsoleProblem => ({
  code: "role-missing",
  detail: `This needs the role ${role}.`,
});

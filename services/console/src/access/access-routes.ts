// The routes of who reads: sessions of browsers, and the record of readings for admins.
//
//   GET    /v1/session  who the reader is; 401 when nobody is known
//   POST   /v1/session  { key }: begins a session with an API key or a token
//   DELETE /v1/session  ends it, and says where to sign out at the provider, where the session began there
//   GET    /v1/session/ways  how a person may sign in
//   GET    /v1/audit    ?limit=&before=: who read which accounts, the newest first

import type { FastifyInstance, FastifyReply } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { SessionAnswer, SignedOut, SignInWays } from "../answers.ts";
import { type ConsoleProblem, sendProblem } from "../problem.ts";
import type { Doorkeeper } from "./doorkeeper.ts";
import type { Reader } from "./reader.ts";
import type { ReadsAudit } from "./reads-audit.ts";
import { cookieWith, cookieWithout } from "./session-cookie.ts";
import type { OpenIdProvider } from "./sign-in/provider.ts";

const loginBody = Compile(
  Type.Object({ key: Type.String({ minLength: 1, maxLength: 8_192 }) }, { additionalProperties: false }),
);
const loginBytesMax = 16 << 10;
const auditRowsMax = 1_000;
const auditRowsDefault = 100;

const noKey: ConsoleProblem = { code: "malformed-request", detail: 'The body must be {"key": "…"}.' };
const nobody: ConsoleProblem = {
  code: "unauthenticated",
  detail: "Nobody is signed in: POST /v1/session with an API key.",
  headers: { "www-authenticate": 'Bearer realm="riffle"' },
};
const noNumber: ConsoleProblem = {
  code: "invalid-query",
  detail: `limit is a whole number from 1 to ${auditRowsMax}, before the id of a reading.`,
};

const sessionOf = ({ name, roles, via }: Reader, csrfToken: string | null): SessionAnswer => ({
  me: { name, roles, via },
  csrfToken,
});

/** What the routes are made of. */
export interface AccessRoutesOptions {
  readonly doorkeeper: Doorkeeper;
  readonly audit: ReadsAudit;
  /** undefined where nobody signs in by one. */
  readonly provider: OpenIdProvider | undefined;
}

/** Adds the routes. */
export function addAccessRoutes(
  app: FastifyInstance,
  { doorkeeper, audit, provider }: AccessRoutesOptions,
): void {
  app.get("/v1/session", { config: { access: "public" } }, (request, reply) => {
    const { reader, session } = request;
    return reader === null ? sendProblem(reply, nobody) : sessionOf(reader, session?.csrfToken ?? null);
  });
  const login = { config: { access: "public" as const }, bodyLimit: loginBytesMax };
  app.post("/v1/session", login, async (request, reply) => {
    const { body } = request;
    if (!loginBody.Check(body)) return sendProblem(reply, noKey);
    if (doorkeeper.isOpen && request.reader !== null) return sessionOf(request.reader, null);
    const begun = await doorkeeper.login(body.key, request.ip);
    if (begun.kind === "refused") return sendProblem(reply, begun.problem);
    doorkeeper.logout(request);
    reply.header("set-cookie", cookieWith(request, begun.token));
    return sessionOf(begun.reader, begun.csrfToken);
  });
  app.get(
    "/v1/session/ways",
    { config: { access: "public" } },
    (): SignInWays => ({ ways: doorkeeper.ways }),
  );
  app.delete("/v1/session", { config: { access: "public" } }, async (request, reply) => {
    doorkeeper.logout(request);
    reply.header("set-cookie", cookieWithout(request));
    const isByProvider = request.session?.proof.kind === "sign-in";
    const endSessionUrl = isByProvider ? await provider?.endSessionUrl() : undefined;
    return endSessionUrl === undefined
      ? reply.code(204).send()
      : reply.send({ endSessionUrl } satisfies SignedOut);
  });
  app.get("/v1/audit", { config: { access: "admin" } }, (request, reply: FastifyReply) => {
    const { limit, before } = request.query as { limit?: unknown; before?: unknown };
    const rows = wholeOf(limit, auditRowsDefault);
    const end = wholeOf(before, Number.MAX_SAFE_INTEGER);
    if (rows === undefined || end === undefined || rows > auditRowsMax) return sendProblem(reply, noNumber);
    const { items, hasMore } = audit.page(rows, end);
    return { items, next: hasMore ? String(items.at(-1)?.id ?? "") : null };
  });
}

/** A whole number above 0 of a query; undefined when it is something else. */
function wholeOf(given: unknown, otherwise: number): number | undefined {
  if (given === undefined) return otherwise;
  return typeof given === "string" && /^[1-9]\d{0,14}$/.test(given) ? Number(given) : undefined;
}

// Who reads: a request becomes a reader, or a problem.
//
//   D1. A key or token on the request counts before a cookie, and a bad one is refused though the cookie be good.
//   D2. What a key may do is what its file says at this moment, for a request, a session and an open feed alike.
//   D3. Where nothing is asked (AUTH=none) everybody is `local`, an admin: only for a machine of one's own.

import {
  type AccessConfig,
  Credentials,
  credentialOf,
  type Proof,
  type Refusal,
  TokenBuckets,
  type Verdict,
} from "@riffle/service-kit/access";
import type { Logger } from "@riffle/service-kit/process";
import type { FastifyRequest } from "fastify";
import type { ConsoleProblem } from "../problem.ts";
import type { Reader, Via } from "./reader.ts";
import { type Role, roleOf, rolesWithin } from "./roles.ts";
import { sessionTokenOf } from "./session-cookie.ts";
import type { Session, Sessions } from "./sessions.ts";

/** What the doorkeeper knows of a request. */
export type Entry =
  | { readonly kind: "entered"; readonly reader: Reader; readonly session?: Session }
  | { readonly kind: "refused"; readonly problem: ConsoleProblem };

/** A session that has begun. */
export type Login =
  | { readonly kind: "begun"; readonly reader: Reader; readonly token: string; readonly csrfToken: string }
  | { readonly kind: "refused"; readonly problem: ConsoleProblem };

/** What a doorkeeper is made of. */
export interface DoorkeeperOptions {
  readonly config: AccessConfig & { readonly JWT_ROLES_CLAIM: string };
  readonly log: Logger;
  readonly sessions: Sessions;
  readonly nowMs: () => number;
}

/** Keys that one address may try: ten at once, then one every five seconds. */
const loginLimit = { perSecond: 0.2, burst: 10 };

const notSignedIn: ConsoleProblem = {
  code: "unauthenticated",
  detail:
    "Send a valid API key or token as `Authorization: Bearer …`, or sign in; this one is missing, unknown, expired or malformed.",
  headers: { "www-authenticate": 'Bearer realm="riffle"' },
};
const withoutRole: ConsoleProblem = {
  code: "role-missing",
  detail:
    "This key or token has no role here. It needs one of the scopes console:view, console:analyse and console:admin, or a role in its claim.",
};
const refusals: Readonly<Record<Refusal, ConsoleProblem>> = {
  unauthenticated: notSignedIn,
  "authority-unreachable": {
    code: "authority-unreachable",
    detail: "The token cannot be checked at the moment. Send the request again later.",
    headers: { "retry-after": "2" },
  },
};

const refused = (problem: ConsoleProblem) => ({ kind: "refused", problem }) as const;

/** Recognises readers. */
export class Doorkeeper {
  readonly #credentials: Credentials;
  readonly #sessions: Sessions;
  readonly #nowMs: () => number;
  readonly #logins = new TokenBuckets();
  readonly #local: Entry = {
    kind: "entered",
    reader: readerOf("local", "none", "admin", () => true),
  };

  /** @throws ConfigError when nobody, or everybody by accident, would be let in */
  constructor({ config, log, sessions, nowMs }: DoorkeeperOptions) {
    this.#credentials = new Credentials(config, log, { rolesClaim: config.JWT_ROLES_CLAIM });
    this.#sessions = sessions;
    this.#nowMs = nowMs;
  }

  /** Whether everybody is let in (D3). */
  get isOpen(): boolean {
    return this.#credentials.areNone;
  }

  /** Who sends a request. At once unless a token has to be verified. */
  identify(request: FastifyRequest): Entry | Promise<Entry> {
    if (this.isOpen) return this.#local;
    const { authorization, "x-api-key": apiKey } = request.headers;
    if (authorization === undefined && apiKey === undefined) return this.#bySession(request);
    const verdict = this.#credentials.check(credentialOf(request.headers), this.#nowMs());
    return verdict instanceof Promise
      ? verdict.then((late) => this.#byVerdict(late))
      : this.#byVerdict(verdict);
  }

  /** Begins a session with a key or token. @param address who tries, for the limit of tries */
  async login(credential: string, address: string): Promise<Login> {
    const waitMs = this.#logins.take(address, loginLimit, this.#nowMs());
    if (waitMs > 0) return refused(loginTooOften(Math.ceil(waitMs / 1_000)));
    const verdict = await this.#credentials.check(credential, this.#nowMs());
    const entry = this.#byVerdict(verdict);
    if (entry.kind === "refused" || verdict.kind === "refused") {
      return entry.kind === "refused" ? entry : refused(notSignedIn);
    }
    const { name, role } = entry.reader;
    const { token, csrfToken } = this.#sessions.begin({ proof: verdict.proof, name, role });
    return { kind: "begun", reader: this.#sessionReader(token, name, role), token, csrfToken };
  }

  /** Ends the session of a request, if it has one. */
  logout(request: FastifyRequest): void {
    const token = sessionTokenOf(request);
    if (token !== undefined) this.#sessions.end(token);
  }

  close(): void {
    this.#credentials.close();
  }

  #byVerdict(verdict: Verdict): Entry {
    if (verdict.kind === "refused") return refused(refusals[verdict.refusal]);
    const { identity, proof } = verdict;
    const role = roleOf(identity);
    if (role === undefined) return refused(withoutRole);
    const via = proof.kind;
    return {
      kind: "entered",
      reader: readerOf(identity.name, via, role, () => this.#roleNow(proof, role) === role),
    };
  }

  #bySession(request: FastifyRequest): Entry {
    const token = sessionTokenOf(request);
    const session = token === undefined ? undefined : this.#sessions.find(token);
    const role = session === undefined ? undefined : this.#roleNow(session.proof, session.role);
    if (token === undefined || session === undefined || role === undefined) return refused(notSignedIn);
    return { kind: "entered", reader: this.#sessionReader(token, session.name, role), session };
  }

  #sessionReader(token: string, name: string, role: Role): Reader {
    return readerOf(name, "session", role, () => {
      const session = this.#sessions.find(token);
      return session !== undefined && this.#roleNow(session.proof, session.role) === role;
    });
  }

  /** The role of who was recognised before, as of now (D2); a token cannot be asked again, and ends by its time. */
  #roleNow(proof: Proof, roleBefore: Role): Role | undefined {
    if (proof.kind === "token") return this.#nowMs() < proof.expiresAtMs ? roleBefore : undefined;
    const verdict = this.#credentials.recall(proof, this.#nowMs());
    return verdict.kind === "known" ? roleOf(verdict.identity) : undefined;
  }
}

function readerOf(name: string, via: Via, role: Role, isStillIn: () => boolean): Reader {
  return { name, via, role, roles: rolesWithin(role), seesFullIds: role !== "viewer", isStillIn };
}

const loginTooOften = (retryAfterS: number): ConsoleProblem => ({
  code: "login-too-often",
  detail: "From this address too many keys were tried. Try again later.",
  headers: { "retry-after": String(retryAfterS) },
});

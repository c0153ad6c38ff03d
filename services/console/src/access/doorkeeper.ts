// Who reads: a request becomes a reader, or a problem.
//
//   D1. A key or token on the request counts before a cookie, and a bad one is refused though the cookie be good.
//   D2. What a key may do is what its file says at this moment, for a request, a session and an open feed alike.
//   D3. What a provider said of somebody's roles holds as long as the session: it is asked once, at the sign-in.
//   D4. Where nothing is asked (AUTH=none) everybody is `local`, an admin: only for a machine of one's own.

import { Credentials, credentialOf, type Refusal, type Verdict } from "@riffle/service-kit/access";
import type { Logger } from "@riffle/service-kit/process";
import type { FastifyRequest } from "fastify";
import type { SignInWay } from "../answers.ts";
import type { ConsoleProblem } from "../problem.ts";
import { type ConsoleAccessConfig, otherWays } from "./config.ts";
import type { Reader, Via } from "./reader.ts";
import { type Role, roleOf, rolesWithin } from "./roles.ts";
import { sessionTokenOf } from "./session-cookie.ts";
import type { Session, SessionProof, Sessions } from "./sessions.ts";
import type { Person } from "./sign-in/person.ts";
import { Tries } from "./tries.ts";

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
  readonly config: ConsoleAccessConfig;
  readonly log: Logger;
  readonly sessions: Sessions;
  readonly nowMs: () => number;
}

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
const personWithoutRole: ConsoleProblem = {
  code: "role-missing",
  detail:
    "The provider knows this person, but gives no role here: one of viewer, analyst and admin, in the claim that JWT_ROLES_CLAIM names.",
};
const refusals: Readonly<Record<Refusal, ConsoleProblem>> = {
  unauthenticated: notSignedIn,
  "authority-unreachable": {
    code: "authority-unreachable",
    detail: "The token cannot be checked at the moment. Send the request again later.",
    headers: { "retry-after": "2" },
  },
};

const ways = { oidc: ["oidc"], key: ["key"] } as const;

const refused = (problem: ConsoleProblem) => ({ kind: "refused", problem }) as const;

/** Recognises readers. */
export class Doorkeeper {
  /** By what a person may sign in; none where everybody is let in. */
  readonly ways: readonly SignInWay[];
  readonly #config: ConsoleAccessConfig;
  readonly #log: Logger;
  readonly #credentials: Credentials;
  readonly #sessions: Sessions;
  readonly #nowMs: () => number;
  readonly #tries: Tries;
  readonly #local: Entry = {
    kind: "entered",
    reader: readerOf("local", "none", "admin", () => true),
  };

  /** @throws ConfigError when nobody, or everybody by accident, would be let in */
  constructor({ config, log, sessions, nowMs }: DoorkeeperOptions) {
    this.#config = config;
    this.#log = log;
    this.#credentials = new Credentials(config, log, {
      rolesClaim: config.JWT_ROLES_CLAIM,
      others: otherWays(config),
    });
    this.#sessions = sessions;
    this.#nowMs = nowMs;
    this.#tries = new Tries(nowMs);
    const isByProvider = config.OIDC_ISSUER !== undefined;
    this.ways = [...(isByProvider ? ways.oidc : []), ...(this.#credentials.areNone ? [] : ways.key)];
  }

  /** Whether everybody is let in (D4). */
  get isOpen(): boolean {
    return this.ways.length === 0;
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

  /** Begins a session with a key or token. @param address who tries: a bad one is charged (T1 of tries.ts) */
  async login(credential: string, address: string): Promise<Login> {
    const verdict = await this.#credentials.check(credential, this.#nowMs());
    if (verdict.kind === "refused") {
      const waitS = verdict.refusal === "unauthenticated" ? this.#tries.charge(address) : 0;
      return refused(waitS > 0 ? triedTooOften(waitS) : refusals[verdict.refusal]);
    }
    const entry = this.#byVerdict(verdict);
    if (entry.kind === "refused") return entry;
    const { name, role } = entry.reader;
    const { token, csrfToken } = this.#sessions.begin({ proof: verdict.proof, name, role });
    return { kind: "begun", reader: this.#sessionReader(token, name, role), token, csrfToken };
  }

  /** Begins a session for whom the provider vouches for. @param replaces the token of a session that ends with it */
  enter(person: Person, replaces: string | undefined): Login {
    const { OIDC_ISSUER: issuer = "", OIDC_CLIENT_ID: clientId = "" } = this.#config;
    const { name, subject } = person;
    const role = roleOf({ scopes: new Set(), roles: person.roles });
    const said = { audit: "sign-in", reader: name, subject, role: role ?? null };
    if (role === undefined) {
      this.#log.warn(said, "somebody whom the OpenID provider knows has no role here");
      return refused(personWithoutRole);
    }
    this.#log.info(said, "somebody signed in by the OpenID provider");
    if (replaces !== undefined) this.#sessions.end(replaces);
    const { token, csrfToken } = this.#sessions.begin({
      proof: { kind: "sign-in", issuer, clientId },
      name,
      role,
    });
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

  /** The role of who was recognised before, as of now (D2, D3); a token cannot be asked again, and ends by its time. */
  #roleNow(proof: SessionProof, roleBefore: Role): Role | undefined {
    if (proof.kind === "sign-in") {
      const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId } = this.#config;
      return proof.issuer === issuer && proof.clientId === clientId ? roleBefore : undefined;
    }
    if (proof.kind === "token") return this.#nowMs() < proof.expiresAtMs ? roleBefore : undefined;
    const verdict = this.#credentials.recall(proof, this.#nowMs());
    return verdict.kind === "known" ? roleOf(verdict.identity) : undefined;
  }
}

function readerOf(name: string, via: Via, role: Role, isStillIn: () => boolean): Reader {
  return { name, via, role, roles: rolesWithin(role), seesFullIds: role !== "viewer", isStillIn };
}

const triedTooOften = (retryAfterS: number): ConsoleProblem => ({
  code: "login-too-often",
  detail: "This key or token is not good, and from this network too many such were tried. Try again later.",
  headers: { "retry-after": String(retryAfterS) },
});

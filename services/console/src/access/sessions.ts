// Sessions: what a browser has instead of a key.
//
//   S1. A session is a row here, and the cookie an opaque random token that finds it. A signed cookie would need a secret,
//       with a default that somebody keeps, and could not be taken back before it expires; this one ends when it is told to.
//   S2. The row has the SHA-256 of the token, never the token: whoever reads the file cannot act as anybody.
//   S3. It lives SESSION_LIFE_MINUTES at most, one hour without a sign of its browser, and never longer than the key or token it
//       was handed. What that key may do is asked anew at each request.
//   S4. One that began with a sign-in by the OpenID provider is not bounded by the ID token, which says who signed in at that
//       moment and often lives five minutes. It ends when the console no longer knows that provider by that client. Its role is
//       that of the sign-in, so S3 bounds how long somebody keeps one that the provider has taken away.
//   S5. While the file cannot be written, a full disk's say, sessions are found as they were. A sign of a browser that cannot be
//       noted has one end sooner, never later.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Proof } from "@riffle/service-kit/access";
import { type Role, roles } from "./roles.ts";

const minuteMs = 60_000;
const idleMsMax = 3_600_000;
/** How exactly it is known when a session was last seen. */
const seenEveryMs = 60_000;

/** What a session began with: a key, a token, or a sign-in by a provider. */
export type SessionProof =
  | Proof
  | { readonly kind: "sign-in"; readonly issuer: string; readonly clientId: string };

/** A session that is alive. */
export interface Session {
  readonly csrfToken: string;
  readonly proof: SessionProof;
  /** Who began it. */
  readonly name: string;
  /** The role at its beginning: what counts for a token or a sign-in, which cannot be asked again. */
  readonly role: Role;
}

interface Row {
  readonly csrf_token: string;
  readonly proof: string;
  readonly name: string;
  readonly role: string;
  readonly created_ms: number;
  readonly seen_ms: number;
}

const tokenShape = /^[A-Za-z0-9_-]{43}$/;
const hashOf = (token: string): string => createHash("sha256").update(token, "utf8").digest("hex");
const randomToken = (): string => randomBytes(32).toString("base64url");

/** What sessions are kept by. */
export interface SessionsOptions {
  /** Wall clock, epoch milliseconds. */
  readonly nowMs: () => number;
  /** How long one lives at most (S3). */
  readonly lifeMinutes: number;
}

/** All sessions. */
export class Sessions {
  readonly #nowMs: () => number;
  readonly #lifeMsMax: number;
  readonly #insert: StatementSync;
  readonly #find: StatementSync;
  readonly #seen: StatementSync;
  readonly #remove: StatementSync;
  readonly #expire: StatementSync;

  constructor(database: DatabaseSync, { nowMs, lifeMinutes }: SessionsOptions) {
    this.#nowMs = nowMs;
    this.#lifeMsMax = lifeMinutes * minuteMs;
    this.#insert = database.prepare("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#find = database.prepare("SELECT * FROM sessions WHERE token_sha256 = ?");
    this.#seen = database.prepare("UPDATE sessions SET seen_ms = ? WHERE token_sha256 = ?");
    this.#remove = database.prepare("DELETE FROM sessions WHERE token_sha256 = ?");
    this.#expire = database.prepare("DELETE FROM sessions WHERE created_ms <= ? OR seen_ms <= ?");
  }

  /** Begins a session. @returns the token for its cookie, which is known to nobody else */
  begin({ proof, name, role }: Omit<Session, "csrfToken">): {
    readonly token: string;
    readonly csrfToken: string;
  } {
    const nowMs = this.#nowMs();
    this.#expire.run(nowMs - this.#lifeMsMax, nowMs - idleMsMax);
    const token = randomToken();
    const csrfToken = randomToken();
    this.#insert.run(hashOf(token), csrfToken, JSON.stringify(proof), name, role, nowMs, nowMs);
    return { token, csrfToken };
  }

  /** The session of a cookie's token; undefined when there is none, or none any more. */
  find(token: string): Session | undefined {
    if (!tokenShape.test(token)) return undefined;
    const hash = hashOf(token);
    const row = this.#find.get(hash) as unknown as Row | undefined;
    if (row === undefined) return undefined;
    const nowMs = this.#nowMs();
    const proof = JSON.parse(row.proof) as SessionProof;
    const endsAtMs = Math.min(
      row.created_ms + this.#lifeMsMax,
      row.seen_ms + idleMsMax,
      proof.kind === "token" ? proof.expiresAtMs : Number.POSITIVE_INFINITY,
    );
    const role = roles.find((known) => known === row.role);
    if (nowMs >= endsAtMs || role === undefined) {
      ifItCanBeWritten(() => this.#remove.run(hash));
      return undefined;
    }
    if (nowMs - row.seen_ms >= seenEveryMs) ifItCanBeWritten(() => this.#seen.run(nowMs, hash));
    return { csrfToken: row.csrf_token, proof, name: row.name, role };
  }

  /** Ends a session at once. */
  end(token: string): void {
    this.#remove.run(hashOf(token));
  }
}

/** S5. A row that should have gone stays, and is found to be over again. */
function ifItCanBeWritten(write: () => unknown): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof Error) || !("errcode" in error)) throw error;
  }
}

/** Whether a request carries its session's CSRF token; compared in constant time. */
export function carriesToken(session: Session, given: unknown): boolean {
  if (typeof given !== "string") return false;
  const wanted = Buffer.from(hashOf(session.csrfToken));
  return timingSafeEqual(wanted, Buffer.from(hashOf(given)));
}

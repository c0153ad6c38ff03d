// JSON Web Tokens: verified by the issuer's published keys. The one file that knows jose.
//
//   W1. Issuer, audience and expiry are always checked, and only asymmetric algorithms are taken: a token that is
//       signed with the public key as a password, or not at all, is refused before its signature is looked at.
//   W2. That the issuer's keys cannot be read is our trouble and not the sender's: 503, and not 401.

import { readFileSync } from "node:fs";
import { ConfigError } from "@riffle/service-kit";
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import type { Problem } from "../problem.ts";
import { unauthenticated, type Verdict } from "./identity.ts";

/** Where tokens come from. */
export interface TokenOptions {
  /** The issuer's keys: a file, or an address they are fetched from. */
  readonly jwks: { readonly file: string } | { readonly url: string };
  readonly issuer: string;
  readonly audience: string;
}

const algorithms = ["ES256", "ES384", "EdDSA", "PS256", "RS256"];
const fetchWithinMs = 1_500;
const clockToleranceS = 30;

const authorityUnreachable: Problem = {
  code: "authority-unreachable",
  detail: "The token cannot be checked at the moment. Nothing was recorded; send it again later.",
  headers: { "retry-after": "2" },
};

type KeySource = Parameters<typeof jwtVerify>[1];

/** Checks tokens of one issuer. */
export class Tokens {
  readonly #options: TokenOptions;
  readonly #keys: ReturnType<typeof createLocalJWKSet> | ReturnType<typeof createRemoteJWKSet>;

  /** @throws ConfigError when the file of keys cannot be used */
  constructor(options: TokenOptions) {
    this.#options = options;
    const { jwks } = options;
    this.#keys =
      "file" in jwks
        ? localKeys(jwks.file)
        : createRemoteJWKSet(new URL(jwks.url), { timeoutDuration: fetchWithinMs, cooldownDuration: 5_000 });
  }

  /** Whose token it is. Its `scope` (or `scp`) says what it may do. */
  async check(token: string, nowMs: number): Promise<Verdict> {
    const { issuer, audience } = this.#options;
    try {
      const { payload } = await jwtVerify(token, this.#keys as KeySource & object, {
        issuer,
        audience,
        algorithms,
        clockTolerance: clockToleranceS,
        currentDate: new Date(nowMs),
        requiredClaims: ["exp", "sub"],
      });
      return identityOf(payload);
    } catch (error) {
      return isOurs(error) ? { kind: "refused", problem: authorityUnreachable } : unauthenticated;
    }
  }
}

/** Whatever is wrong with the token itself is a JOSEError of a kind of its own; fetching fails otherwise. */
function isOurs(error: unknown): boolean {
  return (
    !(error instanceof errors.JOSEError) ||
    error.code === "ERR_JWKS_TIMEOUT" ||
    error.code === "ERR_JOSE_GENERIC"
  );
}

function identityOf(payload: JWTPayload): Verdict {
  const given = payload["scope"] ?? payload["scp"];
  const list = Array.isArray(given) ? given.map(String) : String(given ?? "").split(" ");
  const name = `jwt:${String(payload.sub).slice(0, 100)}`;
  return { kind: "known", identity: { name, scopes: new Set(list), perSecond: undefined } };
}

function localKeys(file: string): ReturnType<typeof createLocalJWKSet> {
  try {
    return createLocalJWKSet(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const why = error instanceof SyntaxError ? "it is no JSON" : String(error);
    throw new ConfigError([{ variable: "JWT_JWKS_FILE", problem: `${file} cannot be used: ${why}` }]);
  }
}

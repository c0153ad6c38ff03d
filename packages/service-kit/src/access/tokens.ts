// JSON Web Tokens: verified by the issuer's published keys. The one file that knows jose.
//
//   W1. Issuer, audience and expiry are always checked, and only asymmetric algorithms are taken: a token that is
//       signed with the public key as a password, or not at all, is refused before its signature is looked at.
//   W2. That the issuer's keys cannot be read is our trouble and not the sender's: another refusal, 503 and not 401. An
//       answer that holds no keys, of a proxy or in maintenance, is none that could be read.
//       Keys of before are taken meanwhile, up to an age (issuer-keys.ts); a token that names none of them is refused so.
//   W3. A token that names no key is verified with each key of its kind that the issuer has: while keys are rotated there
//       are two.

import { readFileSync } from "node:fs";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from "jose";
import { ConfigError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";
import { claimTexts } from "./claims.ts";
import { unauthenticated, type Verdict } from "./identity.ts";
import { IssuerKeys } from "./issuer-keys.ts";

/** Where tokens come from. */
export interface TokenOptions {
  /** The issuer's keys: a file, or an address they are fetched from and how old they may be while it cannot be reached. */
  readonly jwks: { readonly file: string } | { readonly url: string; readonly ageMsMax: number };
  readonly issuer: string;
  readonly audience: string;
  /** The claim that has the roles, by its name or as a path: `roles`, `realm_access.roles`. @default "roles" */
  readonly rolesClaim?: string;
  /** Shows when the keys were fetched. @default nothing is shown */
  readonly metrics?: Metrics;
}

const algorithms = ["ES256", "ES384", "EdDSA", "PS256", "RS256"];
const fetchWithinMs = 1_500;
const clockToleranceS = 30;

const authorityUnreachable: Verdict = { kind: "refused", refusal: "authority-unreachable" };

/** Where keys are looked up, and what keeps them up to date where they are fetched. */
interface Keys {
  readonly find: JWTVerifyGetKey;
  readonly issuerKeys?: IssuerKeys;
}

/** Checks tokens of one issuer. */
export class Tokens {
  readonly #options: TokenOptions;
  readonly #keys: Keys;

  /** @throws ConfigError when the file of keys cannot be used */
  constructor(options: TokenOptions, log: Logger) {
    this.#options = options;
    const { jwks, metrics } = options;
    this.#keys = "file" in jwks ? { find: localKeys(jwks.file) } : remoteKeys(jwks, log);
    const { issuerKeys } = this.#keys;
    if (issuerKeys === undefined) return;
    metrics?.gauge({
      name: "riffle_token_keys_fetched_timestamp_seconds",
      help: "When the keys of the tokens' issuer were fetched last, seconds since the epoch; 0 before the first token.",
      collect: (gauge) => gauge.set((issuerKeys.fetchedAtMs ?? 0) / 1_000),
    });
  }

  /** Whose token it is. Its `scope` (or `scp`) and its claim of roles say what it may do. */
  async check(token: string, nowMs: number): Promise<Verdict> {
    const { issuer, audience, rolesClaim = "roles" } = this.#options;
    try {
      const { payload } = await verified(token, this.#keysAsOf(nowMs), {
        issuer,
        audience,
        algorithms,
        clockTolerance: clockToleranceS,
        currentDate: new Date(nowMs),
        requiredClaims: ["exp", "sub"],
      });
      return knownOf(payload, rolesClaim);
    } catch (error) {
      return isOurs(error) ? authorityUnreachable : unauthenticated;
    }
  }

  /** Asked for a key only by tokens that could be good: nobody has the issuer asked by sending anything. */
  #keysAsOf(nowMs: number): JWTVerifyGetKey {
    const { issuerKeys, find } = this.#keys;
    if (issuerKeys === undefined) return find;
    return async (header, token) => {
      await issuerKeys.bringUpToDate(nowMs);
      return find(header, token);
    };
  }
}

/** W3. @throws as `jwtVerify` does */
async function verified(
  token: string,
  keys: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keys, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, options);
      } catch (fault) {
        if (!(fault instanceof errors.JWSSignatureVerificationFailed)) throw fault;
      }
    }
    throw error;
  }
}

const unreadableKeys: ReadonlySet<string> = new Set([
  "ERR_JWKS_TIMEOUT",
  "ERR_JWKS_INVALID",
  // The answer was not 200, or no JSON.
  "ERR_JOSE_GENERIC",
]);

/** Whatever is wrong with the token itself is a JOSEError of a kind of its own; fetching fails otherwise. */
function isOurs(error: unknown): boolean {
  return !(error instanceof errors.JOSEError) || unreadableKeys.has(error.code);
}

function knownOf(payload: JWTPayload, rolesClaim: string): Verdict {
  const name = `jwt:${String(payload.sub).slice(0, 100)}`;
  return {
    kind: "known",
    identity: {
      name,
      scopes: claimTexts(payload, payload["scope"] === undefined ? "scp" : "scope"),
      roles: claimTexts(payload, rolesClaim),
      perSecond: undefined,
    },
    // The claim was required, and stands for seconds.
    proof: { kind: "token", expiresAtMs: Number(payload.exp) * 1_000 },
  };
}

function remoteKeys(jwks: { readonly url: string; readonly ageMsMax: number }, log: Logger): Keys {
  const remote = createRemoteJWKSet(new URL(jwks.url), {
    timeoutDuration: fetchWithinMs,
    cooldownDuration: 5_000,
    // Their age is issuer-keys.ts's to judge: by jose's own nobody is let in once they are old, however short the outage.
    cacheMaxAge: Number.POSITIVE_INFINITY,
  });
  const issuerKeys = new IssuerKeys({ fetchKeys: () => remote.reload(), ageMsMax: jwks.ageMsMax, log });
  return { find: remote, issuerKeys };
}

function localKeys(file: string): ReturnType<typeof createLocalJWKSet> {
  try {
    return createLocalJWKSet(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const why = error instanceof SyntaxError ? "it is no JSON" : String(error);
    throw new ConfigError([{ variable: "JWT_JWKS_FILE", problem: `${file} cannot be used: ${why}` }]);
  }
}

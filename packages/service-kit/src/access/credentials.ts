// Whether credentials are good: the keys of a file and the tokens of an issuer together.
//
//   C1. A request has one credential or none: two of them are none, for nobody could say which one counts.
//   C2. What a key may do is what the newest readable file says, also for who was recognised by it before.

import type { IncomingHttpHeaders } from "node:http";
import { ConfigError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";
import { looksLikeApiKey } from "./api-keys.ts";
import { type AccessConfig, accessFaults, type OtherWays } from "./config.ts";
import { type Proof, unauthenticated, type Verdict } from "./identity.ts";
import { KeyFile } from "./key-file.ts";
import { Tokens } from "./tokens.ts";

/** What tokens are read by, besides the configuration. */
export interface CredentialsOptions {
  /** The claim of a token that has its roles, by its name or as a path. @default "roles" */
  readonly rolesClaim?: string;
  /** What else lets somebody in. @default nothing */
  readonly others?: OtherWays;
  /** Shows when the keys of the tokens' issuer were fetched. @default nothing is shown */
  readonly metrics?: Metrics;
}

/** Recognises the holders of keys and tokens. */
export class Credentials {
  readonly #keyFile: KeyFile | undefined;
  readonly #tokens: Tokens | undefined;

  /** @throws ConfigError when nobody, or everybody by accident, would be let in */
  constructor(config: AccessConfig, log: Logger, options: CredentialsOptions = {}) {
    const { others, ...ofTokens } = options;
    const faults = accessFaults(config, others);
    if (faults.length > 0) throw new ConfigError(faults);
    if (config.API_KEYS_FILE !== undefined) this.#keyFile = new KeyFile(config.API_KEYS_FILE, log);
    this.#tokens = tokensOf(config, log, ofTokens);
  }

  /** Whether there is nothing to recognise anybody by. */
  get areNone(): boolean {
    return this.#keyFile === undefined && this.#tokens === undefined;
  }

  /** Whose credential it is. At once unless a token has to be verified. */
  check(credential: string | undefined, nowMs: number): Verdict | Promise<Verdict> {
    if (credential === undefined) return unauthenticated;
    if (looksLikeApiKey(credential)) return this.#keyFile?.keys.check(credential, nowMs) ?? unauthenticated;
    return this.#tokens?.check(credential, nowMs) ?? unauthenticated;
  }

  /** Whose key it is that was recognised before, as of now (C2). */
  recall(proof: Extract<Proof, { kind: "key" }>, nowMs: number): Verdict {
    return this.#keyFile?.keys.recall(proof, nowMs) ?? unauthenticated;
  }

  close(): void {
    this.#keyFile?.close();
  }
}

/** `Authorization: Bearer …` or `X-Api-Key`; `undefined` when there is none, or both (C1). */
export function credentialOf(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  const key = headers["x-api-key"];
  if (authorization === undefined) return typeof key === "string" ? key : undefined;
  return key === undefined ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
}

/** Without JWT_JWKS_AGE_MINUTES_MAX. */
const ageMinutesMax = 60;

function tokensOf(
  config: AccessConfig,
  log: Logger,
  more: Omit<CredentialsOptions, "others">,
): Tokens | undefined {
  const { JWT_JWKS_FILE: file, JWT_JWKS_URL: url, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config;
  if (issuer === undefined || audience === undefined) return undefined;
  if (file !== undefined) return new Tokens({ jwks: { file }, issuer, audience, ...more }, log);
  if (url === undefined) return undefined;
  const ageMsMax = (config.JWT_JWKS_AGE_MINUTES_MAX ?? ageMinutesMax) * 60_000;
  return new Tokens({ jwks: { url, ageMsMax }, issuer, audience, ...more }, log);
}

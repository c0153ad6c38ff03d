// Who is let in, and how often: credentials, scopes and limits together.
//
//   D1. Nothing of a request's body is read before its sender is known and may do what it asks for.
//   D2. In production nobody is let in unknown unless the configuration says so in as many words (AUTH=none).

import type { IncomingHttpHeaders } from "node:http";
import { ConfigError, type ConfigFault, type Logger } from "@riffle/service-kit";
import type { Clock } from "../clock.ts";
import type { IngestConfig } from "../config.ts";
import type { Problem } from "../problem.ts";
import { looksLikeApiKey } from "./api-keys.ts";
import { type Identity, type Scope, unauthenticated, type Verdict } from "./identity.ts";
import { KeyFile } from "./key-file.ts";
import { TokenBuckets } from "./token-buckets.ts";
import { Tokens } from "./tokens.ts";

/** The variables that decide who is let in. */
export type AdmissionConfig = Pick<
  IngestConfig,
  | "NODE_ENV"
  | "AUTH"
  | "API_KEYS_FILE"
  | "JWT_JWKS_FILE"
  | "JWT_JWKS_URL"
  | "JWT_ISSUER"
  | "JWT_AUDIENCE"
  | "RATE_LIMIT_PER_SECOND"
  | "RATE_LIMIT_BURST"
>;

const anybody: Verdict = {
  kind: "known",
  identity: {
    name: "anybody",
    scopes: new Set(["transactions:write", "transactions:read"]),
    perSecond: undefined,
  },
};

/** The doorkeeper. */
export class Admission {
  readonly #config: AdmissionConfig;
  readonly #clock: Clock;
  readonly #keyFile: KeyFile | undefined;
  readonly #tokens: Tokens | undefined;
  readonly #buckets = new TokenBuckets();

  /** @throws ConfigError when nobody, or everybody by accident, would be let in */
  constructor(config: AdmissionConfig, log: Logger, clock: Clock) {
    const faults = admissionFaults(config);
    if (faults.length > 0) throw new ConfigError(faults);
    this.#config = config;
    this.#clock = clock;
    if (config.API_KEYS_FILE !== undefined) this.#keyFile = new KeyFile(config.API_KEYS_FILE, log);
    this.#tokens = tokensOf(config);
  }

  /** Whether everybody is let in. */
  get isOpen(): boolean {
    return this.#keyFile === undefined && this.#tokens === undefined;
  }

  /** Who it is, if that one may do this. At once unless a token has to be verified. */
  identify(headers: IncomingHttpHeaders, scope: Scope): Verdict | Promise<Verdict> {
    if (this.isOpen) return anybody;
    const credential = credentialOf(headers);
    if (credential === undefined) return unauthenticated;
    const nowMs = this.#clock.nowMs();
    if (looksLikeApiKey(credential)) {
      return withScope(this.#keyFile?.keys.check(credential, nowMs) ?? unauthenticated, scope);
    }
    return (
      this.#tokens?.check(credential, nowMs).then((verdict) => withScope(verdict, scope)) ?? unauthenticated
    );
  }

  /** Whether the sender may send one more transaction now. */
  admit({ name, perSecond }: Identity): Problem | undefined {
    const rate = perSecond ?? this.#config.RATE_LIMIT_PER_SECOND;
    if (rate === undefined) return undefined;
    const burst = this.#config.RATE_LIMIT_BURST ?? 2 * rate;
    const waitMs = this.#buckets.take(name, { perSecond: rate, burst }, this.#clock.nowMs());
    return waitMs === 0 ? undefined : tooManyRequests(rate, Math.ceil(waitMs / 1_000));
  }

  close(): void {
    this.#keyFile?.close();
  }
}

function withScope(verdict: Verdict, scope: Scope): Verdict {
  if (verdict.kind === "refused" || verdict.identity.scopes.has(scope)) return verdict;
  const problem: Problem = {
    code: "scope-missing",
    detail: `This needs the scope ${scope}. Nothing was recorded.`,
    headers: { "www-authenticate": `Bearer realm="riffle", error="insufficient_scope", scope="${scope}"` },
  };
  return { kind: "refused", problem };
}

const tooManyRequests = (rate: number, retryAfterS: number): Problem => ({
  code: "too-many-requests",
  detail: `This sender may send ${rate} transactions a second. This one was not recorded; send it again later.`,
  headers: { "retry-after": String(retryAfterS) },
});

/** `Authorization: Bearer …` or `X-Api-Key`; `undefined` when there is none, or both. */
function credentialOf(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  const key = headers["x-api-key"];
  if (authorization === undefined) return typeof key === "string" ? key : undefined;
  return key === undefined ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
}

function tokensOf(config: AdmissionConfig): Tokens | undefined {
  const { JWT_JWKS_FILE: file, JWT_JWKS_URL: url, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config;
  if (issuer === undefined || audience === undefined) return undefined;
  if (file !== undefined) return new Tokens({ jwks: { file }, issuer, audience });
  return url === undefined ? undefined : new Tokens({ jwks: { url }, issuer, audience });
}

/** What is wrong with the variables together. */
export function admissionFaults(config: AdmissionConfig): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const { JWT_JWKS_FILE: file, JWT_JWKS_URL: url } = config;
  const hasKeys = config.API_KEYS_FILE !== undefined;
  const hasTokens = file !== undefined || url !== undefined;
  const isConfigured = hasKeys || hasTokens;
  const fault = (variable: string, problem: string): void => void faults.push({ variable, problem });
  if (file !== undefined && url !== undefined)
    fault("JWT_JWKS_URL", "set together with JWT_JWKS_FILE; keep one of them");
  for (const variable of ["JWT_ISSUER", "JWT_AUDIENCE"] as const) {
    if (hasTokens && config[variable] === undefined) fault(variable, "required where tokens are taken");
  }
  if (config.AUTH === "none" && isConfigured) {
    fault("AUTH", "found none, but API keys or tokens are configured; remove one or the other");
  }
  if (config.AUTH === "required" && !isConfigured) {
    fault("AUTH", "found required, but neither API_KEYS_FILE nor JWT_JWKS_FILE nor JWT_JWKS_URL is set");
  }
  if (config.AUTH === undefined && !isConfigured && config.NODE_ENV === "production") {
    fault(
      "AUTH",
      "in production it must be said who may send: set API_KEYS_FILE, JWT_JWKS_FILE or JWT_JWKS_URL, or AUTH=none where something in front of this service asks",
    );
  }
  return faults;
}

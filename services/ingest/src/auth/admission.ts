// Who is let in, and how often: credentials, scopes and limits together.
//
//   D1. Nothing of a request's body is read before its sender is known and may do what it asks for.
//   D2. In production nobody is let in unknown unless the configuration says so in as many words (AUTH=none).

import type { IncomingHttpHeaders } from "node:http";
import {
  type AccessConfig,
  Credentials,
  credentialOf,
  type Identity,
  type Refusal,
  type Scope,
  TokenBuckets,
  type Verdict,
} from "@riffle/service-kit/access";
import type { Logger, Metrics } from "@riffle/service-kit/process";
import type { Clock } from "../clock.ts";
import type { IngestConfig } from "../config.ts";
import type { Problem } from "../problem.ts";

/** The variables that decide who is let in, and how often. */
export type AdmissionConfig = AccessConfig & Pick<IngestConfig, "RATE_LIMIT_PER_SECOND" | "RATE_LIMIT_BURST">;

/** Who sends, or what that one is answered. */
export type Entry =
  | { readonly kind: "entered"; readonly identity: Identity }
  | { readonly kind: "refused"; readonly problem: Problem };

const anybody: Entry = {
  kind: "entered",
  identity: {
    name: "anybody",
    scopes: new Set(["transactions:write", "transactions:read"]),
    roles: new Set(),
    perSecond: undefined,
  },
};

/** The doorkeeper. */
export class Admission {
  readonly #config: AdmissionConfig;
  readonly #clock: Clock;
  readonly #credentials: Credentials;
  readonly #buckets = new TokenBuckets();

  /** @throws ConfigError when nobody, or everybody by accident, would be let in */
  constructor(config: AdmissionConfig, log: Logger, clock: Clock, metrics: Metrics) {
    this.#config = config;
    this.#clock = clock;
    this.#credentials = new Credentials(config, log, { metrics });
  }

  /** Whether everybody is let in. */
  get isOpen(): boolean {
    return this.#credentials.areNone;
  }

  /** Who it is, if that one may do this. At once unless a token has to be verified. */
  identify(headers: IncomingHttpHeaders, scope: Scope): Entry | Promise<Entry> {
    if (this.isOpen) return anybody;
    const verdict = this.#credentials.check(credentialOf(headers), this.#clock.nowMs());
    return verdict instanceof Promise
      ? verdict.then((late) => entryOf(late, scope))
      : entryOf(verdict, scope);
  }

  /** Whether the sender may send one more transaction now. */
  admit({ name, perSecond }: Identity): Problem | undefined {
    const rate = perSecond ?? this.#config.RATE_LIMIT_PER_SECOND;
    if (rate === undefined) return undefined;
    const burst = this.#config.RATE_LIMIT_BURST ?? 2 * rate;
    const waitMs = this.#buckets.take(name, { perSecond: rate, burst }, this.#clock.monotonicMs());
    return waitMs === 0 ? undefined : tooManyRequests(rate, Math.ceil(waitMs / 1_000));
  }

  close(): void {
    this.#credentials.close();
  }
}

const refusals: Readonly<Record<Refusal, Problem>> = {
  unauthenticated: {
    code: "unauthenticated",
    detail:
      "Send a valid API key or token as `Authorization: Bearer …`; this one is missing, unknown, expired or malformed. Nothing was recorded.",
    headers: { "www-authenticate": 'Bearer realm="riffle"' },
  },
  "authority-unreachable": {
    code: "authority-unreachable",
    detail: "The token cannot be checked at the moment. Nothing was recorded; send it again later.",
    headers: { "retry-after": "2" },
  },
};

function entryOf(verdict: Verdict, scope: Scope): Entry {
  if (verdict.kind === "refused") return { kind: "refused", problem: refusals[verdict.refusal] };
  const { identity } = verdict;
  if (identity.scopes.has(scope)) return { kind: "entered", identity };
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

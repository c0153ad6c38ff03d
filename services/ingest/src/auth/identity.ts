// Who sends a request, and what that sender may do.

import type { Problem } from "../problem.ts";

/** What a sender may be allowed to do. */
export const scopes = ["transactions:write", "transactions:read"] as const;

/** One of {@link scopes}. */
export type Scope = (typeof scopes)[number];

/** A sender who has been recognised. */
export interface Identity {
  /** Name of the key, or subject of the token: for limits and logs, no secret. */
  readonly name: string;
  readonly scopes: ReadonlySet<string>;
  /** Transactions a second; without it the service's own limit. */
  readonly perSecond: number | undefined;
}

/** Whether credentials are good. */
export type Verdict =
  | { readonly kind: "known"; readonly identity: Identity }
  | { readonly kind: "refused"; readonly problem: Problem };

/** One text for all that is wrong with credentials: which part it was would help whoever guesses. */
export const unauthenticated: Verdict = {
  kind: "refused",
  problem: {
    code: "unauthenticated",
    detail:
      "Send a valid API key or token as `Authorization: Bearer …`; this one is missing, unknown, expired or malformed. Nothing was recorded.",
    headers: { "www-authenticate": 'Bearer realm="riffle"' },
  },
};

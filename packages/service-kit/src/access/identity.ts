// Who sends a request, and what that one may do.

/** What the holder of a key or token may be allowed to do, in any service. */
export const scopes = [
  "transactions:write",
  "transactions:read",
  "console:view",
  "console:analyse",
  "console:admin",
] as const;

/** One of {@link scopes}. */
export type Scope = (typeof scopes)[number];

/** Somebody who has been recognised. */
export interface Identity {
  /** Name of the key, or subject of the token: for limits and logs, no secret. */
  readonly name: string;
  readonly scopes: ReadonlySet<string>;
  /** What the token's claim of roles says; none for a key. */
  readonly roles: ReadonlySet<string>;
  /** Requests or transactions a second; without it the service's own limit. */
  readonly perSecond: number | undefined;
}

/** What somebody was recognised by, to ask again later whether it still holds; no secret. */
export type Proof =
  | { readonly kind: "key"; readonly prefix: string; readonly sha256: string }
  | { readonly kind: "token"; readonly expiresAtMs: number };

/** Why nobody was recognised. That the issuer's keys cannot be read is our trouble and not the sender's. */
export type Refusal = "unauthenticated" | "authority-unreachable";

/** Whether credentials are good. */
export type Verdict =
  | { readonly kind: "known"; readonly identity: Identity; readonly proof: Proof }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** One answer for all that is wrong with credentials: which part it was would help whoever guesses. */
export const unauthenticated: Verdict = { kind: "refused", refusal: "unauthenticated" };

// Sign-ins under way: from the click until the provider sends the person back.
//
//   P1. A sign-in ends where it began: the browser that comes back has the cookie of the one that left, and brings the state
//       that was sent with it. Somebody else's answer, put into this browser, signs nobody in.
//   P2. It is used once, whatever becomes of it, and within ten minutes.
//   P3. It lives in memory alone: who reads the disk cannot end a sign-in, and a restart costs a click. Its number is bounded;
//       the oldest is forgotten first.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** How long a person may take at the provider. */
export const signInWithinMs = 600_000;
const pendingMax = 1_000;

/** What was sent along, or is kept back to prove that it was us who sent it. */
export interface SignInSecrets {
  readonly state: string;
  readonly nonce: string;
  /** PKCE's, RFC 7636. */
  readonly codeVerifier: string;
}

/** A sign-in under way. */
export interface PendingSignIn {
  readonly secrets: SignInSecrets;
  /** The page to go on to, a path of ours. */
  readonly returnTo: string;
  /** The token of the session that the browser had before, which the new one replaces. */
  readonly replaces: string | undefined;
  /** The address that was charged for it (tries.ts). */
  readonly address: string;
}

/** All sign-ins under way. */
export class PendingSignIns {
  readonly #nowMs: () => number;
  /** By the hash of the cookie's token, in the order of their end. */
  readonly #pending = new Map<string, PendingSignIn & { readonly endsAtMs: number }>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Begins one. @returns the token for its cookie */
  begin(signIn: PendingSignIn): string {
    const nowMs = this.#nowMs();
    for (const [hash, { endsAtMs }] of this.#pending) {
      if (nowMs < endsAtMs && this.#pending.size < pendingMax) break;
      this.#pending.delete(hash);
    }
    const token = randomBytes(32).toString("base64url");
    this.#pending.set(hashOf(token), { ...signIn, endsAtMs: nowMs + signInWithinMs });
    return token;
  }

  /** The one that a browser comes back from, which is thereby used (P1, P2); undefined when there is none. */
  take(token: string | undefined, state: unknown): PendingSignIn | undefined {
    if (token === undefined || typeof state !== "string") return undefined;
    const hash = hashOf(token);
    const found = this.#pending.get(hash);
    if (found === undefined || !isSame(found.secrets.state, state)) return undefined;
    this.#pending.delete(hash);
    return this.#nowMs() < found.endsAtMs ? found : undefined;
  }
}

const hashOf = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");
const isSame = (one: string, other: string): boolean =>
  timingSafeEqual(Buffer.from(hashOf(one)), Buffer.from(hashOf(other)));

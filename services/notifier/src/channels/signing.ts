// The headers that sign a message, as Standard Webhooks 1.0 says.
//
//   S1. `webhook-id` is the notification's id: the same on every attempt and after a crash, so that the receiver can
//       drop a repeat. `webhook-timestamp`, and with it every signature, is new on every attempt.
//   S2. Each secret gives one signature, newest secret first. While a secret is replaced both are in use, so a receiver
//       that knows either of them verifies; then the older one is taken out.

import { Webhook } from "standardwebhooks";

/** Most secrets of an endpoint at once: the new one, the old one, and room for a change in the middle of a change. */
export const secretsMax = 4;

/** A secret as text: `whsec_` and 24 to 64 bytes in Base64. */
export const secretPattern = "^whsec_[A-Za-z0-9+/]{32,86}={0,2}$";

const secretExpression = new RegExp(secretPattern);

/** What is wrong with a secret, without the secret; `undefined` when nothing is. */
export const secretProblem = (text: string): string | undefined =>
  secretExpression.test(text) ? undefined : "must be whsec_ and 24 to 64 bytes in Base64";

/** Signs messages to one endpoint. */
export class MessageSigner {
  readonly #signers: readonly Webhook[];

  /** @param secrets at least one, newest first; each has passed {@link secretProblem} */
  constructor(secrets: readonly string[]) {
    this.#signers = secrets.map((secret) => new Webhook(secret));
  }

  /** The three headers of one attempt, made at `nowMs`, wall clock. */
  headers(id: string, nowMs: number, body: string): Record<string, string> {
    const at = new Date(nowMs);
    return {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(nowMs / 1_000)),
      "webhook-signature": this.#signers.map((signer) => signer.sign(id, at, body)).join(" "),
    };
  }
}

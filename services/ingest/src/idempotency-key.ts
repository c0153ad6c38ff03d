// The Idempotency-Key header: another place for the transaction's id. Pure.

import { idPattern } from "@riffle/contracts";
import type { Problem } from "./problem.ts";

/** The id in the header, none, or why it cannot be one. */
export type IdempotencyKey =
  | { readonly kind: "key"; readonly id: string | undefined }
  | { readonly kind: "fault"; readonly problem: Problem };

const idShape = new RegExp(idPattern);
const none: IdempotencyKey = { kind: "key", id: undefined };

/**
 * Reads the header: an id, bare or in the double quotes that the draft of the header field asks for.
 *
 * @param header as Node gives it; one that was sent twice is joined by a comma, and no id
 */
export function idempotencyKeyOf(header: string | string[] | undefined): IdempotencyKey {
  if (header === undefined) return none;
  const text = typeof header === "string" ? header : header.join();
  const id = /^"(.*)"$/.exec(text)?.[1] ?? text;
  if (idShape.test(id)) return { kind: "key", id };
  const detail =
    "The Idempotency-Key must be an id of a transaction: 1 to 64 of A-Z a-z 0-9 . _ : -; nothing was recorded.";
  return { kind: "fault", problem: { code: "idempotency-key-mismatch", detail } };
}

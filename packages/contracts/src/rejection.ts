// The rejection: a transaction that the filter kept out, and why. Nothing is dropped without one (promises P5, P8).
// What cannot be read as a transaction at all is a dead letter and not a rejection: it has no transaction to carry.
import Type, { type Static } from "typebox";
import { jsonCodec } from "./codec.ts";
import { idSchema, transactionSchema } from "./transaction.ts";

/**
 * Why a transaction was rejected.
 * `duplicate`: its account and id came before with the same content. `conflict`: they came before with other content, or
 * ingest knew the id with other content or another account, and answered 409.
 * `contract`: it can be read, and yet disagrees with its record (another key or another event time).
 * `not-relevant`: a relevance rule keeps it out.
 */
export const rejectionReasons = ["duplicate", "conflict", "contract", "not-relevant"] as const;

/** JSON Schema of {@link Rejection}. */
export const rejectionSchema = Type.Object(
  {
    transactionId: idSchema,
    accountId: idSchema,
    reason: Type.Enum(rejectionReasons, { type: "string" }),
    detail: Type.String({ pattern: "^[^\\p{Cc}]{1,500}$", description: "one sentence for a person" }),
    transaction: transactionSchema,
  },
  { additionalProperties: false, title: "Rejection" },
);

/** A transaction that the filter kept out, with the reason's code and one sentence for a person. */
export type Rejection = Static<typeof rejectionSchema>;
/** One of {@link rejectionReasons}. */
export type RejectionReason = (typeof rejectionReasons)[number];

/** The codec of `rejection/1`. */
export const rejectionCodec = jsonCodec("rejection", 1, rejectionSchema);

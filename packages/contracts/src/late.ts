// The late record: a transaction that came after a window of its own had closed (promise P5).
// It counts in every window that was still open; `windows` names those it missed.
import Type, { type Static } from "typebox";
import { eventWindowSchema } from "./aggregate.ts";
import { jsonCodec } from "./codec.ts";
import { idSchema, transactionSchema } from "./transaction.ts";

/** JSON Schema of {@link LateRecord}. */
export const lateRecordSchema = Type.Object(
  {
    transactionId: idSchema,
    accountId: idSchema,
    windows: Type.Array(eventWindowSchema, { minItems: 1, description: "those it missed" }),
    streamTimeMs: Type.Integer({
      minimum: Number.MIN_SAFE_INTEGER,
      maximum: Number.MAX_SAFE_INTEGER,
      description: "epoch milliseconds",
    }),
    transaction: transactionSchema,
  },
  { additionalProperties: false, title: "LateRecord" },
);

/**
 * A transaction and the windows it missed. `streamTimeMs` is the task's stream time, in epoch milliseconds, when the
 * record came: it had passed the end and the grace of each of these windows.
 */
export type LateRecord = Static<typeof lateRecordSchema>;

/** The codec of `late-record/1`. */
export const lateRecordCodec = jsonCodec("late-record", 1, lateRecordSchema);

// The redrive: a dead letter that was sent again to where it came from. It is the mark by which it is never sent twice.
import Type, { type Static } from "typebox";
import { jsonCodec } from "./codec.ts";

const placeSchema = Type.Object(
  {
    topic: Type.String({ pattern: "^[A-Za-z0-9._-]{1,249}$" }),
    partition: Type.Integer({ minimum: 0 }),
    offset: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  },
  { additionalProperties: false },
);

/** JSON Schema of {@link Redrive}. */
export const redriveSchema = Type.Object(
  {
    deadLetter: placeSchema,
    original: placeSchema,
    count: Type.Integer({ minimum: 1, description: "how often this record was sent again" }),
  },
  { additionalProperties: false, title: "Redrive" },
);

/**
 * A dead letter that was sent again. `original` is the record it was made of: its topic and partition are those it
 * was sent to.
 */
export type Redrive = Static<typeof redriveSchema>;

/** The codec of `redrive/1`. */
export const redriveCodec = jsonCodec("redrive", 1, redriveSchema);

/** The key of a redrive: `<dead-letter topic>/<partition>/<offset>`. */
export function redriveKey(deadLetter: Redrive["deadLetter"]): string {
  return `${deadLetter.topic}/${deadLetter.partition}/${deadLetter.offset}`;
}

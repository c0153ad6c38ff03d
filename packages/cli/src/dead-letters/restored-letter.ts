// A dead letter that something was left out of, made whole again from the record that it was made of.
//
//   O1. What was left out comes from the place that the record was read from, and only if the value there has the hash that
//       the dead letter says: a topic that was deleted and created anew holds other records at the same places.

import { createHash } from "node:crypto";
import { redriveHeaderNames } from "@riffle/contracts";
import type { RawRecord } from "@riffle/streams";
import type { DeadLetter } from "./dead-letter.ts";
import type { Omission } from "./omission.ts";

/**
 * The dead letter with what was left out of it (O1).
 *
 * @param source the record at the place it was made of, if there is one
 * @returns why it cannot be had, where it cannot
 */
export const restored = (
  letter: DeadLetter,
  { valueSha256 }: Omission,
  source: RawRecord | undefined,
): DeadLetter | string => {
  if (source === undefined) return "its value was too large for it, and the record it was made of is deleted";
  const sha256 = createHash("sha256")
    .update(source.value ?? "")
    .digest("hex");
  if (sha256 !== valueSha256)
    return "its value was too large for it, and another record is at the place it was made of";
  const count = source.headers.findLast(([name]) => name === redriveHeaderNames.count)?.[1];
  return {
    ...letter,
    isRestored: true,
    omitted: undefined,
    record: { ...letter.record, key: source.key, value: source.value, headers: source.headers },
    redriveCount: Number(count === undefined || count === null ? 0 : Buffer.from(count).toString()) || 0,
  };
};

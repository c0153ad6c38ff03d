// What reasons say of evidence.

import { parseEventTime } from "@riffle/contracts";
import type { Finding } from "./alert-of.ts";

/** From the first cause to the last, milliseconds. */
export const tookMs = (evidence: Finding["evidence"]): number => {
  const last = evidence.at(-1) ?? evidence[0];
  return parseEventTime(last.occurredAt) - parseEventTime(evidence[0].occurredAt);
};

// An event of a case as the read model is given it, from its place in the topic.

import { topics } from "@riffle/contracts";
import type { ModelRecord } from "../../../src/read-model/projection.ts";

/** A record of `cases.events.v1` in its first partition. */
export const eventRecord = (
  value: unknown,
  offset: number,
  { key, timestampMs }: Pick<ModelRecord, "key" | "timestampMs">,
): ModelRecord => ({
  topic: topics.casesEvents.name,
  partition: 0,
  offset,
  timestampMs,
  key,
  value,
  bytes: null,
  receivedAtMs: null,
  processedAtMs: null,
  traceparent: null,
  header: () => undefined,
});

// Reads what `alerts.v1` gets from now on.

import { type Alert, alertCodec, topics } from "@riffle/contracts";
import { headerNames } from "@riffle/contracts/envelope";
import type { RawRecord } from "@riffle/streams";
import { TopicReader } from "@riffle/streams/kafka";

/** Alerts in the order of their partitions: those of one account in order. */
export interface AlertReader {
  /** Alerts that have come since the last call; empty when none came within `waitMs`. */
  next(waitMs: number): Promise<readonly Alert[]>;
  close(): Promise<void>;
}

/** Resolves once the reader stands at the end of the topic: an alert raised after that is seen. */
export async function connectAlertReader(brokers: readonly string[]): Promise<AlertReader> {
  const reader = await TopicReader.open({
    brokers,
    clientId: "riffle-scenario",
    topic: topics.alerts.name,
    from: "latest",
  });
  return {
    next: async (waitMs) => {
      const chunk = await reader.next(waitMs);
      return (chunk?.records ?? []).map((record) => alertCodec.decode(record.value, schemaOf(record)));
    },
    close: async () => await reader.close(),
  };
}

function schemaOf({ headers }: RawRecord): string | undefined {
  const bytes = headers.findLast(([name]) => name === headerNames.schema)?.[1];
  return bytes == null ? undefined : Buffer.from(bytes).toString("utf8");
}

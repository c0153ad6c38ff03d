// Reads what `alerts.v1` gets from now on.

import { type Alert, alertCodec, topics } from "@riffle/contracts";
import { headerNames } from "@riffle/contracts/envelope";
import { loadStreamsClient } from "../launcher/streams-client.ts";

/** Alerts in the order of their partitions: those of one account in order. */
export interface AlertReader {
  /** Alerts that have come since the last call; empty when none came within `waitMs`. */
  next(waitMs: number): Promise<readonly Alert[]>;
  close(): Promise<void>;
}

/** Resolves once the reader stands at the end of the topic: an alert raised after that is seen. */
export async function connectAlertReader(brokers: readonly string[]): Promise<AlertReader> {
  const readTopic = await loadStreamsClient("readTopic");
  const reader = await readTopic({ brokers, topic: topics.alerts.name, from: "end" });
  return {
    next: async (waitMs) => {
      const records = await reader.next(waitMs);
      return records.map(({ value, headers }) => alertCodec.decode(value, headers[headerNames.schema]));
    },
    close: async () => await reader.close(),
  };
}

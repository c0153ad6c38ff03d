// Agreement: a transaction repeats what its record says. Everything downstream trusts the record's key for the
// account and its timestamp for the event time, so a record that contradicts its own value must not pass.

import { parseEventTime, type Transaction } from "@riffle/contracts";
import type { StreamRecord } from "@riffle/streams";

/** How a record contradicts its transaction, as a sentence for a person; `undefined` when they agree. */
export const disagreement = ({ key, timestampMs, value }: StreamRecord<Transaction>): string | undefined => {
  if (key !== value.accountId) return "The record's key is another account than the transaction's accountId.";
  if (timestampMs !== parseEventTime(value.occurredAt))
    return "The record's timestamp is another instant than the transaction's occurredAt.";
  return undefined;
};

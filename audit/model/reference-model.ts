// The reference model: what the pipeline must answer, computed the plain way.
//
// One partition at a time, from the committed order of `transactions.received.v1`. No Kafka, no I/O, no cleverness:
// every window keeps its sum, every account its whole history. It shares the contracts with the pipeline, and no
// other code. One file for each service, for each kind of window, and for each rule of the fraud detector.

import { parseEventTime, type Transaction } from "@riffle/contracts";
import { type Aggregated, aggregate } from "./aggregator.ts";
import { filter } from "./filter.ts";
import { detect } from "./fraud-detector.ts";
import type { ModelOptions } from "./options.ts";
import { nothingHandedOn, rejectedLine, screenedLine } from "./record-lines.ts";

export { type ModelOptions, modelDefaults } from "./options.ts";

/**
 * What one partition must hold. Lines of text (record-lines.ts), so that two answers compare as sets and differences can
 * be read.
 */
export interface ModelAnswer extends Aggregated {
  /** Those that pass, in order. */
  readonly screened: string[];
  /** Those that do not, in order. */
  readonly rejected: string[];
  /** Alerts raised and withdrawn, in order. */
  readonly alerts: string[];
}

/**
 * The answer to one partition's transactions, in the order in which ingest's topic holds them.
 *
 * @param handedOnBy what stands for the headers that a transaction's record hands on
 * @param isRefusedAtTheEdge whether its record says that ingest answered 409
 */
export const modelPartition = (
  received: readonly Transaction[],
  options: ModelOptions,
  handedOnBy: (transaction: Transaction) => string = () => nothingHandedOn,
  isRefusedAtTheEdge?: (transaction: Transaction) => boolean,
): ModelAnswer => {
  const { screened, rejected } = filter(received, options, isRefusedAtTheEdge);
  const of = (transaction: Transaction) => ({
    key: transaction.accountId,
    timestampMs: parseEventTime(transaction.occurredAt),
    handedOn: handedOnBy(transaction),
  });
  return {
    screened: screened.map((value) => screenedLine({ value, ...of(value) })),
    rejected: rejected.map((value) => rejectedLine({ value, ...of(value.transaction) })),
    ...aggregate(screened, options, handedOnBy),
    alerts: detect(screened, options, handedOnBy),
  };
};

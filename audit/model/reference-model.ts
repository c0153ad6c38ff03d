// The reference model: what the pipeline must answer, computed the plain way.
//
// One partition at a time, from the committed order of `transactions.received.v1`. No Kafka, no I/O, no cleverness:
// every window keeps its sum, every account its whole history. It shares the contracts with the pipeline, and no
// other code. One file for each service, and for each rule of the fraud detector.

import type { Transaction } from "@riffle/contracts";
import { aggregate } from "./aggregator.ts";
import { filter } from "./filter.ts";
import { detect } from "./fraud-detector.ts";
import type { ModelOptions } from "./options.ts";

export { type ModelOptions, modelDefaults } from "./options.ts";

/** What one partition must hold. Lines of text, so that two answers compare as sets and differences can be read. */
export interface ModelAnswer {
  /** Ids that pass, in order. */
  readonly screened: string[];
  /** `id reason`. */
  readonly rejected: string[];
  /** `account currency start count sum min max` of every closed window. */
  readonly windows: string[];
  /** `id` of transactions that missed a window. */
  readonly late: string[];
  /** `id` of transactions that the aggregator cannot count, in order: dead letters. */
  readonly overflowing: string[];
  /** `status rule version severity id account time amount currency: cause ids`, in order. */
  readonly alerts: string[];
}

/** The answer to one partition's transactions, in the order in which ingest's topic holds them. */
export const modelPartition = (received: readonly Transaction[], options: ModelOptions): ModelAnswer => {
  const { screened, rejected } = filter(received, options);
  const { windows, late, overflowing } = aggregate(screened, options);
  return {
    screened: screened.map(({ id }) => id),
    rejected,
    windows,
    late,
    overflowing,
    alerts: detect(screened, options),
  };
};

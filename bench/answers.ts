// The aggregator's answers to single transactions, beside the transactions that were sent: equal numbers of both could still
// be one too many of one account and one too few of another.

import { compare } from "@riffle/audit/pipeline/multisets";
import { type AccountAggregate, type LateRecord, parseEventTime } from "@riffle/contracts";

/** One line for a transaction: whose it is, and its event time in epoch milliseconds. */
export const sentLine = (accountId: string, eventTimeMs: number): string => `${accountId} ${eventTimeMs}`;

/**
 * The line of the transaction that a figure was told at; undefined for one that was told because a window closed. A sliding
 * window ends one millisecond behind its transaction.
 */
export const figureLine = ({ accountId, window }: AccountAggregate): string | undefined =>
  window.kind === "sliding" ? sentLine(accountId, window.end - 1) : undefined;

/** The line of the transaction that came too late for a window. */
export const lateLine = ({ accountId, transaction }: LateRecord): string =>
  sentLine(accountId, parseEventTime(transaction.occurredAt));

/** Where the answers are not one to each that was sent, in words. */
export const answerFaults = (sent: readonly string[], answered: readonly string[]): string[] =>
  compare("answers to transactions, by account and event time", sent.toSorted(), answered.toSorted());

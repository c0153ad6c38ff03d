// The passport of a transaction: everything that the topics say of it.
//
//   P1. It tells records that exist, with their places: who doubts a line can look the record up.
//   P2. What is not known is null, never guessed. The milliseconds of a hop are those since the hop it follows from.
//   P3. An id may have been used by several accounts: a passport is one account's, and names the others.

import { type Transaction, topics } from "@riffle/contracts";
import type { Hop, LateView, Passport, TransactionStatus, WindowView } from "../answers.ts";
import type { ReadModelDatabase } from "../read-model/database.ts";
import { patternsOf } from "./alerts-of.ts";
import { deadLettersOf } from "./dead-letters-of.ts";
import {
  arrivalHops,
  hopOf,
  type ReceivedRow,
  receivedRows,
  type ScreenedRow,
  screenedRows,
  type TransactionName,
} from "./hop.ts";
import { slidingWindowOf, type WindowRow, windowsAt, windowView } from "./windows-of.ts";

/** The passport, or undefined when nothing in the read model has this id. */
export const passportOf = (
  database: ReadModelDatabase,
  id: string,
  accountId?: string,
): Passport | undefined => {
  const accounts = accountsOf(database, id);
  const chosen = accountId ?? accounts[0];
  if (chosen === undefined || !accounts.includes(chosen)) return undefined;
  const name = { id, accountId: chosen };
  const received = receivedRows(database, name);
  const screened = screenedRows(database, name);
  const transaction = received[0] === undefined ? null : (JSON.parse(received[0].value) as Transaction);
  const arrivals = arrivalHops(database, name, received, screened);
  const told = patternsOf(database, name, screened[0]?.atMs ?? null);
  const late = lateOf(database, name);
  const counted = countedWindow(database, name, transaction, screened[0], late);
  const dead = deadLettersOf(database, name, [...arrivals, ...told.hops]);
  const hops = [
    ...arrivals,
    ...(counted === undefined ? [] : [countedHop(counted, screened[0])]),
    ...told.hops,
    ...dead.hops,
  ];
  return {
    ...name,
    status: statusOf(hops),
    transaction,
    traceId: traceIdOf(received[0]),
    hops,
    windows: windowsOf(database, transaction, screened[0], counted),
    patterns: told.patterns,
    alerts: told.alerts,
    deliveries: told.deliveries,
    deadLetter: dead.letters[0] ?? null,
    late,
    others: accounts.filter((other) => other !== chosen).map((other) => ({ accountId: other })),
  };
};

/** The accounts that used the id, the one that used it last first. */
const accountsOf = (database: ReadModelDatabase, id: string): string[] => {
  const rows = database.all<{ readonly accountId: string }>(
    `SELECT accountId FROM (
       SELECT account_id AS accountId, coalesce(received_ms, event_ms) AS at FROM received WHERE id = ?1
       UNION ALL SELECT account_id, coalesce(received_ms, event_ms) FROM screened WHERE id = ?1
       UNION ALL SELECT account_id, coalesce(received_ms, event_ms) FROM rejected WHERE id = ?1
       UNION ALL SELECT coalesce(key, ''), coalesce(received_ms, event_ms) FROM dead_letters WHERE transaction_id = ?1
         AND NOT EXISTS (SELECT 1 FROM received WHERE id = ?1)
     ) GROUP BY accountId ORDER BY max(at) DESC, accountId`,
    id,
  );
  return rows.map(({ accountId }) => accountId);
};

const statusOf = (hops: readonly Hop[]): TransactionStatus => {
  for (const stage of ["screened", "dead-lettered", "rejected"] as const)
    if (hops.some((hop) => hop.stage === stage)) return stage;
  return "received";
};

const traceIdOf = (received: ReceivedRow | undefined): string | null => {
  const traceId = received?.traceparent?.split("-")[1];
  return traceId !== undefined && /^[0-9a-f]{32}$/.test(traceId) ? traceId : null;
};

const countedHop = (window: WindowRow, screened: ScreenedRow | undefined): Hop =>
  hopOf(window, {
    stage: "counted",
    service: "aggregator",
    topic: topics.aggregatesAccount.name,
    previousMs: screened?.atMs ?? null,
  });

/** The sliding window that tells that it was counted; none where the transaction missed it. */
const countedWindow = (
  database: ReadModelDatabase,
  name: TransactionName,
  transaction: Transaction | null,
  screened: ScreenedRow | undefined,
  late: readonly LateView[],
): WindowRow | undefined => {
  if (transaction === null || screened === undefined) return undefined;
  if (late.some(({ windows }) => windows.some(({ kind }) => kind === "sliding"))) return undefined;
  return slidingWindowOf(database, { ...name, currency: transaction.currency }, screened);
};

/** Windows that it was counted in: none for what the filter kept out. */
const windowsOf = (
  database: ReadModelDatabase,
  transaction: Transaction | null,
  screened: ScreenedRow | undefined,
  counted: WindowRow | undefined,
): WindowView[] => {
  if (transaction === null || screened === undefined) return [];
  const { accountId, currency } = transaction;
  const rows = windowsAt(database, accountId, currency, screened.eventMs);
  return [...rows, ...(counted === undefined ? [] : [counted])].map(windowView);
};

interface LateRow extends Omit<LateView, "windows" | "topic"> {
  readonly windows: string;
}

const lateOf = (database: ReadModelDatabase, { id, accountId }: TransactionName): LateView[] =>
  database
    .all<LateRow>(
      `SELECT partition, offset, stream_time_ms AS streamTimeMs, windows FROM late
       WHERE id = ? AND account_id = ? ORDER BY offset`,
      id,
      accountId,
    )
    .map((row) => ({
      topic: topics.aggregatorLate.name,
      ...row,
      windows: JSON.parse(row.windows) as LateView["windows"],
    }));

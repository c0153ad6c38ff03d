// GET /v1/transactions: the list, and the passport of one.

import type { Transaction } from "@riffle/contracts";
import type { FastifyInstance } from "fastify";
import type { Page, TransactionItem } from "../answers.ts";
import type { ConsoleContext } from "../console-part.ts";
import { passportOf } from "../passport/passport.ts";
import { sendProblem } from "../problem.ts";
import type { ReadModelDatabase } from "../read-model/database.ts";
import type { ReadModel } from "../read-model/read-model.ts";
import { pageOf, Query } from "./query.ts";

interface Row extends Omit<TransactionItem, "transaction" | "status"> {
  readonly eventMs: number;
  readonly value: string;
  readonly isScreened: number;
  readonly isRejected: number;
  readonly isDeadLettered: number;
}

const columns = `r.id, r.account_id AS accountId, r.partition, r.offset, r.event_ms AS eventMs, r.received_ms AS receivedAtMs,
  r.value,
  EXISTS (SELECT 1 FROM screened AS s WHERE s.id = r.id AND s.account_id = r.account_id) AS isScreened,
  EXISTS (SELECT 1 FROM rejected AS j WHERE j.id = r.id AND j.account_id = r.account_id) AS isRejected,
  EXISTS (SELECT 1 FROM dead_letters AS d WHERE d.original_topic = 'transactions.received.v1'
    AND d.original_partition = r.partition AND d.original_offset = r.offset) AS isDeadLettered`;

/** An id that came again is the same transaction, or is refused as another: the first record is the one in the list. */
const isFirst = `NOT EXISTS (SELECT 1 FROM received AS e
  WHERE e.id = r.id AND e.account_id = r.account_id AND e.offset < r.offset)`;

/** Adds the routes. */
export const transactionRoutes = (app: FastifyInstance, { model }: ConsoleContext): void => {
  app.get("/v1/transactions", { config: { access: "viewer" } }, async (request) =>
    listTransactions(
      model.database,
      new Query(request.query, ["account", "since", "until", "limit", "after"]),
    ),
  );
  app.get<{ Params: { readonly id: string } }>(
    "/v1/transactions/:id",
    { config: { access: "viewer" } },
    async (request, reply) => {
      const account = new Query(request.query, ["account"]).text("account");
      const passport = passportOf(model.database, request.params.id, account ?? undefined);
      return passport ?? sendProblem(reply, notFound("transaction", model));
    },
  );
};

/** The answer for what is not there; while the read model is built, it may only not be there yet. */
export const notFound = (what: string, model: ReadModel) => {
  const { phase, percent } = model.progress();
  const detail =
    phase === "rebuilding"
      ? `No such ${what} yet: the read model is being built, ${percent} % is done. Ask again.`
      : `No such ${what} in the read model, which keeps what happened within RETENTION_HOURS.`;
  return { code: "not-found" as const, detail, members: { rebuilding: phase === "rebuilding" } };
};

const listTransactions = (database: ReadModelDatabase, query: Query): Page<TransactionItem> => {
  const account = query.text("account");
  const limit = query.limit();
  const since = query.instant("since", 0);
  const until = query.instant("until", Number.MAX_SAFE_INTEGER);
  const place = placeOf(database, query.after(["number", "number", "number"]));
  // One bound above, the lower of the two: of two, SQLite would begin to look at either.
  const [eventMs, id] =
    place !== undefined && place.eventMs < until ? [place.eventMs, place.id] : [until, ""];
  const rows = database.iterate<Row>(
    `SELECT ${columns} FROM received AS r
     WHERE ${account === null ? "" : "r.account_id = ? AND"} r.event_ms >= ? AND (r.event_ms, r.id) < (?, ?) AND ${isFirst}
     ORDER BY r.event_ms DESC, r.id DESC LIMIT ?`,
    ...(account === null ? [] : [account]),
    since,
    eventMs,
    id,
    limit + 1,
  );
  return pageOf(rows, {
    limit,
    item: itemOf,
    place: (row) => [row.eventMs, row.partition, row.offset],
    text: ({ value }) => value,
  });
};

/**
 * Where a page ended. A cursor has the place of its last record and not its id: ids may embed an account's, and a cursor is
 * nothing that is masked. A record that is gone was the oldest.
 */
const placeOf = (
  database: ReadModelDatabase,
  after: readonly (number | string)[] | undefined,
): { readonly eventMs: number; readonly id: string } | undefined => {
  if (after === undefined) return undefined;
  const [eventMs = 0, partition = 0, offset = 0] = after;
  const sql = "SELECT id FROM received WHERE partition = ? AND offset = ?";
  const id = database.get<{ readonly id: string }>(sql, partition, offset)?.id ?? "";
  return { eventMs: Number(eventMs), id };
};

const itemOf = ({ id, accountId, partition, offset, receivedAtMs, ...row }: Row): TransactionItem => ({
  id,
  accountId,
  status: statusOf(row),
  transaction: JSON.parse(row.value) as Transaction,
  partition,
  offset,
  receivedAtMs,
});

const statusOf = (
  row: Pick<Row, "isScreened" | "isRejected" | "isDeadLettered">,
): TransactionItem["status"] => {
  if (row.isScreened === 1) return "screened";
  if (row.isDeadLettered === 1) return "dead-lettered";
  return row.isRejected === 1 ? "rejected" : "received";
};

// GET /v1/accounts/{id}: what one account did lately, and the series of its windows for a chart.

import { formatEventTime, type Notification, windowKinds } from "@riffle/contracts";
import type { FastifyInstance } from "fastify";
import type { AccountDetail, WindowPoint, WindowView } from "../answers.ts";
import type { ConsoleContext } from "../console-part.ts";
import { type WindowRow, windowColumns, windowSeries, windowView } from "../passport/windows-of.ts";
import { sendProblem } from "../problem.ts";
import type { ReadModelDatabase, SqlValue } from "../read-model/database.ts";
import { type AlertRow, alertColumns, alertItem } from "./alerts.ts";
import { Query } from "./query.ts";
import { notFound } from "./transactions.ts";

interface Params {
  readonly Params: { readonly id: string };
}

/** Alerts and deliveries that the page of an account shows. */
const newestMax = 50;
const pointsMax = 2_000;

/** Adds the routes. */
export const accountRoutes = (app: FastifyInstance, context: ConsoleContext): void => {
  const { model } = context;
  app.get<Params>("/v1/accounts/:id", { config: { access: "analyst" } }, async (request, reply) => {
    const account = accountOf(context, request.params.id);
    return account ?? sendProblem(reply, notFound("account", model));
  });
  app.get<Params>("/v1/accounts/:id/windows", { config: { access: "analyst" } }, async (request) => {
    const query = new Query(request.query, ["kind", "sizeMs", "currency", "since"]);
    return { points: pointsOf(model.database, request.params.id, query) };
  });
};

const accountOf = ({ model, cases }: ConsoleContext, accountId: string): AccountDetail | undefined => {
  const { database } = model;
  const transactions = transactionsOf(database, accountId);
  const alerts = database.all<AlertRow>(
    `SELECT ${alertColumns} FROM alerts WHERE account_id = ? ORDER BY event_ms DESC, id DESC LIMIT ?`,
    accountId,
    newestMax,
  );
  const windows = latestWindows(database, accountId);
  if (transactions.count === 0 && alerts.length === 0 && windows.length === 0) return undefined;
  const caseIds = cases.ofAlerts(
    database,
    alerts.map(({ id }) => id),
  );
  return {
    accountId,
    transactions,
    windows,
    alerts: alerts.map((row) => alertItem(row, caseIds)),
    cases: cases.ofAccount(database, accountId),
    deliveries: database
      .all<{ readonly value: string }>(
        "SELECT value FROM notifications WHERE account_id = ? ORDER BY event_ms DESC, offset DESC LIMIT ?",
        accountId,
        newestMax,
      )
      .map(({ value }) => JSON.parse(value) as Notification),
  };
};

const transactionsOf = (database: ReadModelDatabase, accountId: string) => {
  const found = database.get<{
    readonly count: number;
    readonly first: number | null;
    readonly last: number | null;
  }>(
    'SELECT count(DISTINCT id) AS count, min(event_ms) AS first, max(event_ms) AS "last" FROM received WHERE account_id = ?',
    accountId,
  );
  const time = (ms: number | null | undefined) =>
    ms === null || ms === undefined ? null : formatEventTime(ms);
  return { count: found?.count ?? 0, first: time(found?.first), last: time(found?.last) };
};

/** The newest window of each kind, size and currency. */
const latestWindows = (database: ReadModelDatabase, accountId: string): WindowView[] =>
  windowSeries(database, accountId).flatMap(({ currency, kind, sizeMs }) => {
    const row = database.get<WindowRow>(
      `SELECT ${windowColumns} FROM windows WHERE account_id = ? AND currency = ? AND kind = ? AND size_ms = ?
       ORDER BY start_ms DESC, told_at DESC LIMIT 1`,
      accountId,
      currency,
      kind,
      sizeMs,
    );
    return row === undefined ? [] : [windowView(row)];
  });

/** The newest points that were asked for, in order of time. */
const pointsOf = (database: ReadModelDatabase, accountId: string, query: Query): WindowPoint[] => {
  const filters: [string, SqlValue | null][] = [
    ["kind", query.oneOf("kind", windowKinds)],
    ["currency", query.text("currency")],
    ["size_ms", query.integer("sizeMs", { min: 0, max: Number.MAX_SAFE_INTEGER, default: 0 }) || null],
  ];
  const given = filters.filter(([, value]) => value !== null);
  const rows = database.all<WindowRow>(
    `SELECT ${windowColumns} FROM windows WHERE account_id = ? ${given.map(([column]) => `AND ${column} = ?`).join(" ")}
     AND end_ms > ? ORDER BY start_ms DESC, told_at DESC LIMIT ${pointsMax}`,
    accountId,
    ...given.map(([, value]) => value),
    query.instant("since", 0),
  );
  return rows.toReversed().map(({ start, end, count, sum, final, kind, sizeMs, currency }) => ({
    start,
    end,
    count,
    sum,
    final: final === 1,
    kind,
    sizeMs,
    currency,
  }));
};

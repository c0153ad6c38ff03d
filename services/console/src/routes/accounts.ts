// GET /v1/accounts/{id}: what one account did lately, and the series of its windows for a chart.

import { formatEventTime, type Notification, windowKinds } from "@riffle/contracts";
import type { FastifyInstance } from "fastify";
import type { AccountDetail, WindowPoint, WindowView } from "../answers.ts";
import type { ConsoleContext } from "../console-part.ts";
import {
  newestWindows,
  type WindowRow,
  windowColumns,
  windowSeries,
  windowView,
} from "../passport/windows-of.ts";
import { sendProblem } from "../problem.ts";
import type { ReadModelDatabase } from "../read-model/database.ts";
import { type AlertRow, alertColumns, alertItem } from "./alerts.ts";
import { Query } from "./query.ts";
import { notFound } from "./transactions.ts";

interface Params {
  readonly Params: { readonly id: string };
}

/** Alerts and deliveries that the page of an account shows. */
const newestMax = 50;
const pointsMax = 2_000;
/** Records of an account that are counted, the newest: some milliseconds. */
const countedMax = 10_000;

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

/** Each found at its end of the index; of those between so many are counted. */
const transactionsOf = (database: ReadModelDatabase, accountId: string): AccountDetail["transactions"] => {
  const found = database.get<{
    readonly records: number;
    readonly count: number;
    readonly first: number | null;
    readonly last: number | null;
  }>(
    `SELECT count(*) AS records, count(DISTINCT id) AS count,
       (SELECT min(event_ms) FROM received WHERE account_id = ?1) AS first,
       (SELECT max(event_ms) FROM received WHERE account_id = ?1) AS "last"
     FROM (SELECT id FROM received WHERE account_id = ?1 ORDER BY event_ms DESC LIMIT ${countedMax})`,
    accountId,
  );
  const { records = 0, count = 0, first, last } = found ?? {};
  const time = (ms: number | null | undefined) =>
    ms === null || ms === undefined ? null : formatEventTime(ms);
  return { count, isAtLeast: records === countedMax, first: time(first), last: time(last) };
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
  const kind = query.oneOf("kind", windowKinds);
  const currency = query.text("currency");
  const sizeMs = query.integer("sizeMs", { min: 0, max: Number.MAX_SAFE_INTEGER, default: 0 }) || null;
  const sinceMs = query.instant("since", 0);
  const asked = windowSeries(database, accountId).filter(
    (series) =>
      series.kind === (kind ?? series.kind) &&
      series.currency === (currency ?? series.currency) &&
      series.sizeMs === (sizeMs ?? series.sizeMs),
  );
  return newestWindows(database, accountId, asked, { sinceMs, limit: pointsMax }).map(pointOf).reverse();
};

const pointOf = ({ start, end, count, sum, final, kind, sizeMs, currency }: WindowRow): WindowPoint => ({
  start,
  end,
  count,
  sum,
  final: final === 1,
  kind,
  sizeMs,
  currency,
});

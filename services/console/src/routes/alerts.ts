// GET /v1/alerts: the list, and one with its history.

import {
  type Alert,
  alertSeverities,
  alertStatuses,
  formatEventTime,
  type Notification,
} from "@riffle/contracts";
import type { FastifyInstance } from "fastify";
import type { AlertChange, AlertDetail, AlertItem, Page } from "../answers.ts";
import type { ConsoleContext } from "../console-part.ts";
import { alertEventRows, notificationRows } from "../passport/alerts-of.ts";
import { sendProblem } from "../problem.ts";
import type { CaseLookup } from "../read-model/case-lookup.ts";
import type { ReadModelDatabase } from "../read-model/database.ts";
import { given } from "../read-model/given-filters.ts";
import { pageOf, Query } from "./query.ts";
import { notFound } from "./transactions.ts";

export interface AlertRow {
  readonly id: string;
  readonly eventMs: number;
  readonly partition: number;
  readonly offset: number;
  readonly atMs: number | null;
  readonly value: string;
}

/** The columns of an {@link AlertRow}. */
export const alertColumns = "id, event_ms AS eventMs, partition, offset, processed_ms AS atMs, value";

const names = ["account", "rule", "severity", "status", "since", "limit", "after"];

/** Adds the routes. */
export const alertRoutes = (app: FastifyInstance, { model, cases }: ConsoleContext): void => {
  app.get("/v1/alerts", { config: { access: "viewer" } }, async (request) =>
    listAlerts(model.database, cases, new Query(request.query, names)),
  );
  app.get<{ Params: { readonly id: string } }>(
    "/v1/alerts/:id",
    { config: { access: "viewer" } },
    async (request, reply) =>
      alertOf(model.database, cases, request.params.id) ?? sendProblem(reply, notFound("alert", model)),
  );
};

const listAlerts = (database: ReadModelDatabase, cases: CaseLookup, query: Query): Page<AlertItem> => {
  const limit = query.limit();
  const [eventMs, id] = query.after(["number", "string"]) ?? [Number.MAX_SAFE_INTEGER, ""];
  const { conditions, values } = given([
    ["account_id", query.text("account")],
    ["rule", query.text("rule")],
    ["status", query.oneOf("status", alertStatuses)],
    ["severity", query.oneOf("severity", alertSeverities)],
  ]);
  const rows = database.iterate<AlertRow>(
    `SELECT ${alertColumns} FROM alerts
     WHERE ${conditions} event_ms >= ? AND (event_ms, id) < (?, ?)
     ORDER BY event_ms DESC, id DESC LIMIT ?`,
    ...values,
    query.instant("since", 0),
    eventMs ?? 0,
    id ?? "",
    limit + 1,
  );
  return pageOf(rows, {
    limit,
    item: (row) => alertItem(row, cases.ofAlerts(database, [row.id])),
    place: (row) => [row.eventMs, row.id],
    text: ({ value }) => value,
  });
};

/** A row as it is answered. */
export const alertItem = (row: AlertRow, caseIds: ReadonlyMap<string, string>): AlertItem => ({
  ...(JSON.parse(row.value) as Alert),
  partition: row.partition,
  offset: row.offset,
  caseId: caseIds.get(row.id) ?? null,
  atMs: row.atMs,
});

const alertOf = (database: ReadModelDatabase, cases: CaseLookup, id: string): AlertDetail | undefined => {
  const events = alertEventRows(database, id);
  const newest = events.at(-1);
  if (newest === undefined) return undefined;
  return {
    alert: JSON.parse(newest.value) as Alert,
    history: events.map((event): AlertChange => {
      const { status, changedBy } = JSON.parse(event.value) as Alert;
      const { partition, offset, eventMs, atMs } = event;
      return {
        status,
        changedBy: changedBy ?? null,
        partition,
        offset,
        eventTime: formatEventTime(eventMs),
        atMs,
      };
    }),
    deliveries: notificationRows(database, id).map(({ value }) => JSON.parse(value) as Notification),
    caseId: cases.ofAlerts(database, [id]).get(id) ?? null,
  };
};

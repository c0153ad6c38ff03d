// GET /v1/status, /v1/overview and /v1/ledger: the pipeline as a whole.

import { formatEventTime } from "@riffle/contracts";
import type { FastifyInstance } from "fastify";
import type { Reader } from "../access/reader.ts";
import type { LedgerMinute } from "../answers.ts";
import type { ConsoleContext } from "../console-part.ts";
import { overviewOf } from "../read-model/overview.ts";
import { Query } from "./query.ts";

const minuteMs = 60_000;
const minutesMax = 1_440;

interface MinuteRow {
  readonly minuteMs: number;
  readonly received: number;
  readonly screened: number;
  readonly rejected: number;
  readonly deadLettered: number;
}

/** Adds the routes. */
export const pipelineRoutes = (app: FastifyInstance, context: ConsoleContext): void => {
  const { model, figures, cluster, now } = context;
  app.get("/v1/status", { config: { access: "viewer" } }, async (request) => ({
    ...model.progress(),
    epoch: model.epoch,
    ...whoAsks(request.reader),
  }));
  app.get("/v1/overview", { config: { access: "viewer" } }, async () =>
    overviewOf({ database: model.database, figures, cluster: cluster.state }, now()),
  );
  app.get("/v1/ledger", { config: { access: "viewer" } }, async (request) => {
    const query = new Query(request.query, ["minutes"]);
    const minutes = query.integer("minutes", { min: 1, max: minutesMax, default: 60 });
    return { minutes: ledgerOf(context, minutes) };
  });
};

/** Who asks, as the guard found out. */
const whoAsks = (reader: Reader | null) => {
  const { name = "", roles = [], via = "none" } = reader ?? {};
  return { roles, me: { name, roles, via } };
};

/** The newest minutes in which anything was accepted, oldest first. */
const ledgerOf = ({ model, now }: ConsoleContext, minutes: number): LedgerMinute[] =>
  model.database
    .all<MinuteRow>(
      `SELECT minute_ms AS minuteMs, received, screened, rejected, dead_lettered AS deadLettered FROM ledger
       WHERE minute_ms > ? ORDER BY minute_ms`,
      now() - minutes * minuteMs,
    )
    .map(({ minuteMs: at, received, screened, rejected, deadLettered }) => ({
      minute: formatEventTime(at),
      received,
      screened,
      rejected,
      deadLettered,
      gap: received - screened - rejected - deadLettered,
    }));

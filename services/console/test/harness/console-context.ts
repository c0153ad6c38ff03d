// What main.ts gives the parts of the console, without a cluster.

import { Health, type Logger, Metrics } from "@riffle/service-kit";
import type { ConsoleAccess } from "../../src/access/console-access.ts";
import type { ConsoleConfig } from "../../src/config.ts";
import type { ConsoleContext } from "../../src/console-part.ts";
import { caseLookup } from "../../src/read-model/case-lookup.ts";
import { Figures } from "../../src/read-model/figures.ts";
import type { ReadModel } from "../../src/read-model/read-model.ts";

/** The context of a console whose figures are empty and whose cluster has not answered. Nothing is too old. */
export function contextOf(own: {
  readonly config: ConsoleConfig;
  readonly log: Logger;
  readonly model: ReadModel;
  readonly access: ConsoleAccess;
}): ConsoleContext {
  return {
    ...own,
    config: { ...own.config, RETENTION_HOURS: 87_600 },
    metrics: new Metrics("console", { defaults: false }),
    health: new Health(),
    figures: new Figures(),
    cluster: { state: { lags: new Map(), replicas: new Map(), heardAtMs: undefined } },
    cases: caseLookup,
    onShutdown: () => undefined,
    fatal: (error) => {
      throw error;
    },
    now: Date.now,
  };
}

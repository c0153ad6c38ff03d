// A part of the console: what one folder adds to the process. Parts know the read model and the server, not each other.

import type { Health, Logger, Metrics, ShutdownStep } from "@riffle/service-kit/process";
import type { FastifyInstance } from "fastify";
import type { ConsoleAccess } from "./access/console-access.ts";
import type { ConsoleConfig } from "./config.ts";
import type { CaseLookup } from "./read-model/case-lookup.ts";
import type { ClusterWatch } from "./read-model/cluster-watch.ts";
import type { Figures } from "./read-model/figures.ts";
import type { ReadModel } from "./read-model/read-model.ts";

/** What a part is given. */
export interface ConsoleContext {
  readonly config: ConsoleConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly model: ReadModel;
  /** Rates and latencies of the last minute; with `cluster` what `overviewOf` is made of. */
  readonly figures: Figures;
  readonly cluster: Pick<ClusterWatch, "state">;
  readonly cases: CaseLookup;
  /** How account ids are masked and readings put on record, for what does not leave through a route's answer. */
  readonly access: ConsoleAccess;
  /** Steps run last registered first. */
  readonly onShutdown: (name: string, step: ShutdownStep) => void;
  /** Ends the process: for states from which only a restart helps. */
  readonly fatal: (error: unknown) => never;
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
}

/** What a folder adds: routes, a background task, or both. */
export interface ConsolePart {
  readonly name: string;
  /** Adds routes to the server, before it listens; begins what runs beside it, and registers how that ends. */
  register(app: FastifyInstance, context: ConsoleContext): void | Promise<void>;
}

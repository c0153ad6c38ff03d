// The kinds of directed runs, by name.

import { copiesRun } from "./copies-run.ts";
import type { DirectedRun } from "./directed.ts";
import { failoverRun } from "./failover-run.ts";
import { idleRun, standstillRun } from "./idle-run.ts";

export const directedRuns: ReadonlyMap<string, DirectedRun> = new Map(
  [failoverRun, idleRun, standstillRun, copiesRun].map((run) => [run.name, run]),
);

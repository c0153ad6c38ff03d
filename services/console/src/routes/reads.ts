// The routes that only read: the pipeline as a whole, transactions, accounts, alerts, dead letters; and the scenario.

import type { ConsolePart } from "../console-part.ts";
import { accountRoutes } from "./accounts.ts";
import { alertRoutes } from "./alerts.ts";
import { deadLetterRoutes } from "./dead-letters.ts";
import { pipelineRoutes } from "./pipeline.ts";
import { scenarioRoutes } from "./scenario.ts";
import { transactionRoutes } from "./transactions.ts";

/** Everything under /v1 that is answered from the read model. */
export const reads: ConsolePart = {
  name: "reads",
  register: (app, context) => {
    pipelineRoutes(app, context);
    transactionRoutes(app, context);
    accountRoutes(app, context);
    alertRoutes(app, context);
    deadLetterRoutes(app, context);
    scenarioRoutes(app, context);
  },
};

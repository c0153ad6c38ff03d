// Cases as a part of the console: the desk's stage on Kafka, and the routes.

import { join } from "node:path";
import { KafkaStageRunner } from "@riffle/service-kit/process";
import type { ConsolePart } from "../console-part.ts";
import { CaseDesk } from "./case-desk.ts";
import { addCaseRoutes } from "./case-routes.ts";

/** Works the cases of the partitions that this process owns. */
export const casePart: ConsolePart = {
  name: "cases",
  register: async (app, context) => {
    const { config, model, now, metrics } = context;
    const answered = metrics.counter({
      name: "riffle_case_commands_total",
      help: "Commands on cases by what they came to.",
      labels: ["outcome"],
    });
    const desk = new CaseDesk({ onAnswered: (outcome) => answered.inc({ outcome }) });
    addCaseRoutes(app, { desk, model, now });
    metrics.gauge({
      name: "riffle_case_commands_waiting",
      help: "Commands on cases that wait for their commit.",
      collect: (gauge) => gauge.set(desk.waiting),
    });
    const { DATA_DIR: folder, STATE_DIR: own } = config;
    const stateDir = own ?? (folder === undefined ? undefined : join(folder, "cases"));
    const runner = new KafkaStageRunner({
      ...context,
      name: "console",
      tracing: undefined,
      config: { ...config, ...(stateDir === undefined ? {} : { STATE_DIR: stateDir }) },
    });
    await runner.start(desk.stage);
    context.onShutdown("case desk", () => runner.stop());
  },
};

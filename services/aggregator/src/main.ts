import { topics } from "@riffle/contracts";
import { runStreamService, streamRelations } from "@riffle/service-kit";
import { Aggregator, aggregatorOptions } from "./aggregator.ts";
import { aggregatorConfig } from "./config.ts";
import type { AggregatorOptions } from "./task-windows.ts";

await runStreamService({
  name: "aggregator",
  configSchema: aggregatorConfig,
  relations: streamRelations,
  deadLetters: topics.aggregatorDeadLetters,
  module: ({ config }) => ({
    controllers: [Aggregator],
    providers: [
      {
        provide: aggregatorOptions,
        useValue: {
          graceMs: config.GRACE_MS,
          sessionGapMs: config.SESSION_GAP_MS,
        } satisfies AggregatorOptions,
      },
    ],
  }),
});

import { topics } from "@riffle/contracts";
import { runStreamService, streamRelations } from "@riffle/service-kit";
import { Aggregator, type AggregatorOptions, aggregatorOptions } from "./aggregator.ts";
import { aggregatorConfig } from "./config.ts";

await runStreamService({
  name: "aggregator",
  configSchema: aggregatorConfig,
  relations: streamRelations,
  deadLetters: topics.aggregatorDeadLetters,
  module: ({ config }) => ({
    controllers: [Aggregator],
    providers: [
      { provide: aggregatorOptions, useValue: { graceMs: config.GRACE_MS } satisfies AggregatorOptions },
    ],
  }),
});

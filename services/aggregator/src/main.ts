import { topics } from "@riffle/contracts";
import { runStreamService, streamRelations } from "@riffle/service-kit";
import { Aggregator } from "./aggregator.ts";
import { aggregatorConfig } from "./config.ts";

await runStreamService({
  name: "aggregator",
  configSchema: aggregatorConfig,
  relations: streamRelations,
  deadLetters: topics.aggregatorDeadLetters,
  controllers: ({ config }) => [new Aggregator({ graceMs: config.GRACE_MS })],
});

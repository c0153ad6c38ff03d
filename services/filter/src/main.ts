import { topics } from "@riffle/contracts";
import { runStreamService, streamRelations } from "@riffle/service-kit";
import { filterConfig } from "./config.ts";
import { Filter } from "./filter.ts";

await runStreamService({
  name: "filter",
  configSchema: filterConfig,
  relations: streamRelations,
  deadLetters: topics.filterDeadLetters,
  controllers: ({ config }) => [
    new Filter({ dedupHorizonMs: config.DEDUP_HORIZON_MS, relevantTypes: config.RELEVANT_TYPES }),
  ],
});

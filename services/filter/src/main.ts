import { topics } from "@riffle/contracts";
import { runStreamService, streamRelations } from "@riffle/service-kit";
import { filterConfig } from "./config.ts";
import { Filter, type FilterOptions, filterOptions } from "./filter.ts";
import { countRejections } from "./filter-metrics.ts";

await runStreamService({
  name: "filter",
  configSchema: filterConfig,
  relations: streamRelations,
  deadLetters: topics.filterDeadLetters,
  module: ({ config, metrics }) => ({
    controllers: [Filter],
    providers: [
      {
        provide: filterOptions,
        useValue: {
          dedupHorizonMs: config.DEDUP_HORIZON_MS,
          relevantTypes: config.RELEVANT_TYPES,
          onRejected: countRejections(metrics),
        } satisfies FilterOptions,
      },
    ],
  }),
});

import { topics } from "@riffle/contracts";
import { runStreamService } from "@riffle/service-kit";
import { cardTestingRules, fraudDetectorConfig, fraudDetectorRelations } from "./config.ts";
import { FraudDetector, type FraudDetectorOptions, fraudDetectorOptions } from "./fraud-detector.ts";

await runStreamService({
  name: "fraud-detector",
  configSchema: fraudDetectorConfig,
  relations: fraudDetectorRelations,
  deadLetters: topics.fraudDetectorDeadLetters,
  module: ({ config }) => ({
    controllers: [FraudDetector],
    providers: [
      {
        provide: fraudDetectorOptions,
        useValue: {
          cardTesting: cardTestingRules(config),
          graceMs: config.GRACE_MS,
        } satisfies FraudDetectorOptions,
      },
    ],
  }),
});

import { topics } from "@riffle/contracts";
import { runStreamService } from "@riffle/service-kit";
import { cardTestingRules, fraudDetectorConfig, fraudDetectorRelations } from "./config.ts";
import { FraudDetector } from "./fraud-detector.ts";

await runStreamService({
  name: "fraud-detector",
  configSchema: fraudDetectorConfig,
  relations: fraudDetectorRelations,
  deadLetters: topics.fraudDetectorDeadLetters,
  controllers: ({ config }) => [
    new FraudDetector({ cardTesting: cardTestingRules(config), graceMs: config.GRACE_MS }),
  ],
});

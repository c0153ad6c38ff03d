import { topics } from "@riffle/contracts";
import { runStreamService } from "@riffle/service-kit";
import { fraudDetectorConfig, fraudDetectorRelations } from "./config.ts";
import { FraudDetector, type FraudDetectorOptions, fraudDetectorOptions } from "./fraud-detector.ts";
import { rulesOf } from "./rules.ts";

await runStreamService({
  name: "fraud-detector",
  configSchema: fraudDetectorConfig,
  relations: fraudDetectorRelations,
  deadLetters: topics.fraudDetectorDeadLetters,
  module: ({ config, metrics }) => {
    const late = metrics.counter({
      name: "riffle_fraud_late_total",
      help: "Transactions that came after GRACE_MS and were not looked at; again when they are read again.",
    });
    return {
      controllers: [FraudDetector],
      providers: [
        {
          provide: fraudDetectorOptions,
          useValue: {
            rules: rulesOf(config),
            graceMs: config.GRACE_MS,
            onLate: () => late.inc(),
          } satisfies FraudDetectorOptions,
        },
      ],
    };
  },
});

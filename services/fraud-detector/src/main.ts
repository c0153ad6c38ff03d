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
    const crowdedOut = metrics.counter({
      name: "riffle_fraud_crowded_out_total",
      help: "Transactions within GRACE_MS that a rule did not look at: their account has more than it may keep; again when they are read again.",
      labels: ["rule"],
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
            onCrowdedOut: (rule) => crowdedOut.inc({ rule }),
          } satisfies FraudDetectorOptions,
        },
      ],
    };
  },
});

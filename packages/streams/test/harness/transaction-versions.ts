// The clusters that the two versions of the transaction protocol are spoken with, each by its finalized feature level.

import { startKafka } from "../../../../infra/kafka/local-kafka.ts";
import { useBrokers } from "./cluster.ts";

/** For `describe.each`; `prepare` is for `beforeAll`, and has the tests use the cluster until they end. */
export const clusters = [
  { version: 2, prepare: async () => {} },
  {
    version: 1,
    prepare: async () => {
      const kafka = await startKafka({ source: "jvm", transactionVersion: 1 });
      useBrokers(kafka.brokers);
      return async () => {
        useBrokers(undefined);
        await kafka.stop();
      };
    },
  },
];

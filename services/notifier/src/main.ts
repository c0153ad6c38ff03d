import { topics } from "@riffle/contracts";
import { runStreamService, streamRelations } from "@riffle/service-kit";
import { subscribedChannels } from "./channels/subscribed-channels.ts";
import { notifierConfig } from "./config.ts";
import { Notifier, type NotifierOptions, notifierOptions } from "./notifier.ts";

await runStreamService({
  name: "notifier",
  configSchema: notifierConfig,
  relations: streamRelations,
  deadLetters: topics.notifierDeadLetters,
  module: ({ config }) => ({
    controllers: [Notifier],
    providers: [
      {
        provide: notifierOptions,
        useValue: {
          channels: subscribedChannels(config),
          lanesMax: config.DELIVERIES_CONCURRENT_MAX,
        } satisfies NotifierOptions,
      },
    ],
  }),
});

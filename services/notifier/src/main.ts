import { topics } from "@riffle/contracts";
import { runStreamService, streamRelations } from "@riffle/service-kit";
import { subscribedChannels } from "./channels/subscribed-channels.ts";
import { notifierConfig } from "./config.ts";
import { Notifier } from "./notifier.ts";

await runStreamService({
  name: "notifier",
  configSchema: notifierConfig,
  relations: streamRelations,
  deadLetters: topics.notifierDeadLetters,
  controllers: ({ config }) => [
    new Notifier({ channels: subscribedChannels(config), lanesMax: config.DELIVERIES_CONCURRENT_MAX }),
  ],
});

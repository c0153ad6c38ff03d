import { topics } from "@riffle/contracts";
import { runStreamService, streamRelations } from "@riffle/service-kit";
import { tracedChannel } from "./channels/traced-channel.ts";
import { notifierConfig } from "./config.ts";
import { configuredEndpoints } from "./configured-endpoints.ts";
import { Dispatcher } from "./deliveries/dispatcher.ts";
import { Notifier, type NotifierOptions, notifierOptions } from "./notifier.ts";
import { observeDeliveries } from "./notifier-metrics.ts";
import { wallClock } from "./wall-clock.ts";

let dispatcher: Dispatcher | undefined;

/** Below the time that the rest of a shutdown needs; what is under way then is repeated by the next owner. */
const drainMsMax = 5_000;

await runStreamService({
  name: "notifier",
  configSchema: notifierConfig,
  relations: streamRelations,
  deadLetters: topics.notifierDeadLetters,
  beforeStop: async () => dispatcher?.drain(drainMsMax),
  module: ({ config, metrics, log, tracing }) => {
    const configured = configuredEndpoints(config);
    const endpoints =
      tracing === undefined
        ? configured
        : configured.map((endpoint) => ({ ...endpoint, channel: tracedChannel(endpoint.channel, tracing) }));
    const channels = endpoints.map(({ channel }) => channel.name);
    const figures = () => dispatcher?.figures() ?? [];
    const { observer, ...told } = observeDeliveries({ metrics, log, channels, figures });
    dispatcher = new Dispatcher({ endpoints, clock: wallClock, observer });
    const options: NotifierOptions = { endpoints, dispatcher, nowMs: wallClock.nowMs, ...told };
    return { controllers: [Notifier], providers: [{ provide: notifierOptions, useValue: options }] };
  },
});

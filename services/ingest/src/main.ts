// ingest: POST → transactions.received.v1. See README.md.

import { portFault, runService } from "@riffle/service-kit/process";
import { systemClock } from "./clock.ts";
import { configSchema } from "./config.ts";
import { connectSender } from "./sender.ts";
import { buildServer } from "./server.ts";

await runService({
  name: "ingest",
  configSchema,
  start: async ({ config, log, metrics, tracing, health, onShutdown }) => {
    const sender = await connectSender(config, log);
    onShutdown("producer", () => sender.close());
    const { app, gate, isOpen } = buildServer({
      config,
      log,
      sender,
      metrics,
      tracing,
      clock: systemClock,
    });
    if (isOpen) log.warn("no authentication: whoever reaches the port may send transactions");
    health.register("producer", () => gate.check());
    onShutdown("http server", () => app.close());
    const { HTTP_HOST: host, HTTP_PORT: port } = config;
    await app.listen({ host, port }).catch((error: unknown) => {
      throw portFault(error, { variable: "HTTP_PORT", host, port }) ?? error;
    });
    log.info({ addresses: app.addresses() }, "listening");
  },
});

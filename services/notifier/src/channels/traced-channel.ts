// A span for each attempt to deliver, below the request that the alert came from; used only where traces are switched on.

import type { Tracing } from "@riffle/service-kit";
import type { Channel } from "./channel.ts";

/** The channel, with its attempts traced. What it sends names the attempt's span. */
export const tracedChannel = (channel: Channel, tracing: Tracing): Channel => ({
  name: channel.name,
  attempt: async (message, signal) => {
    const span = tracing.begin({
      name: "deliver alert",
      kind: "client",
      parent: message.traceparent,
      attributes: { "riffle.channel": channel.name },
    });
    try {
      const result = await channel.attempt({ ...message, traceparent: span.traceparent }, signal);
      const { verdict, attempt } = result;
      const attributes = { "riffle.verdict": verdict, "riffle.status": attempt.status ?? 0 };
      span.end({ error: verdict === "delivered" ? undefined : verdict, attributes });
      return result;
    } catch (error) {
      span.end({ error: error instanceof Error ? error.name : "error" });
      throw error;
    }
  },
});

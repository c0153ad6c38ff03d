// The wall clock of delivery records. Nothing else in the notifier looks at a clock.

import type { QueueClock } from "./deliveries/endpoint-queue.ts";

/** The machine's own. */
export const wallClock: QueueClock = {
  nowMs: () => Date.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};

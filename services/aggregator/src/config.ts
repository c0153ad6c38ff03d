// The aggregator's environment variables.

import { adminPort, baseConfig, streamConfig, streamTimeMs } from "@riffle/service-kit";
import { Type } from "typebox";

/** Everything the aggregator reads from its environment. */
export const aggregatorConfig = Type.Object({
  ...baseConfig,
  ...streamConfig,
  ADMIN_PORT: adminPort(9466),
  GRACE_MS: streamTimeMs(
    30_000,
    "How long after its end a window waits for records out of order; every final result is this much later.",
  ),
  SESSION_GAP_MS: streamTimeMs(
    300_000,
    "Longest time between two transactions of one session of an account; one that is exactly that much later still belongs to it.",
  ),
});

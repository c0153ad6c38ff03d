// What the filter counts besides what every stream service does.

import { type RejectionReason, rejectionReasons } from "@riffle/contracts";
import type { Metrics } from "@riffle/service-kit";

/** Counts rejections by reason; every reason is there from the start, at 0. */
export const countRejections = (metrics: Metrics): ((reason: RejectionReason, count: number) => void) => {
  const rejected = metrics.counter({
    name: "riffle_filter_rejected_total",
    help: "Transactions committed to the topic of the rejected ones, by reason.",
    labels: ["reason"],
  });
  for (const reason of rejectionReasons) rejected.inc({ reason }, 0);
  return (reason, count) => rejected.inc({ reason }, count);
};

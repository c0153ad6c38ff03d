// What this service counts.

import type { Counter, Gauge, Histogram, Metrics } from "@riffle/service-kit/process";
import { problems } from "./problem.ts";
import type { RecentAnswers } from "./recent-answers.ts";
import type { ServerCertificate } from "./server-certificate.ts";

/** The metrics of ingest. */
export interface IngestMetrics {
  /** By status and by outcome: `accepted`, `partial` (a batch), the problem's code, or why there was no answer. */
  readonly requests: Counter<"status" | "outcome">;
  /** By outcome: `accepted` or the problem's code. */
  readonly batchTransactions: Counter<"outcome">;
  /** What `transactions.received.v1` holds for sure: the left side of the completeness ledger. */
  readonly recorded: Counter<never>;
  readonly sendSeconds: Histogram<never>;
  readonly unsettledSends: Gauge<never>;
}

/** Creates the metrics of ingest in the registry of the process; call it once. */
export function ingestMetrics(metrics: Metrics): IngestMetrics {
  const created = createIn(metrics);
  // An alert compares these: a series that begins with its first refusal would hide that one.
  created.requests.inc({ status: "202", outcome: "accepted" }, 0);
  created.batchTransactions.inc({ outcome: "accepted" }, 0);
  for (const [outcome, { status }] of Object.entries(problems)) {
    if (status < 500) continue;
    created.requests.inc({ status: String(status), outcome }, 0);
    created.batchTransactions.inc({ outcome }, 0);
  }
  return created;
}

function createIn(metrics: Metrics): IngestMetrics {
  return {
    requests: metrics.counter({
      name: "riffle_ingest_requests_total",
      help: "Requests answered, by status and by outcome: `accepted`, `partial` or the problem's code; with status `none` connections that ended without an answer: `client-gone`, `no-tls`, `too-many-connections`.",
      labels: ["status", "outcome"],
    }),
    batchTransactions: metrics.counter({
      name: "riffle_ingest_batch_transactions_total",
      help: "Transactions of batches, by outcome: `accepted` or the problem's code.",
      labels: ["outcome"],
    }),
    recorded: metrics.counter({
      name: "riffle_ingest_recorded_total",
      help: "Transactions that every in-sync replica has confirmed, those among them whose client was told 503 before.",
    }),
    sendSeconds: metrics.histogram({
      name: "riffle_ingest_send_seconds",
      help: "Time from a transaction's acceptance to the confirmation of every in-sync replica.",
    }),
    unsettledSends: metrics.gauge({
      name: "riffle_ingest_unsettled_sends",
      help: "Records handed to the producer whose outcome is not known yet.",
    }),
  };
}

/** Shows what the memory of repeats takes; call it once for a registry. */
export function gaugeRepeats(metrics: Metrics, recent: RecentAnswers): void {
  metrics.gauge({
    name: "riffle_ingest_repeat_memory_bytes",
    help: "Memory for transactions that were answered 202, about; at most REPEAT_MEMORY_BYTES.",
    collect: (gauge) => gauge.set(recent.bytes),
  });
}

/** Shows until when the certificate that is shown is in force; call it once for a registry. */
export function gaugeCertificate(metrics: Metrics, certificate: ServerCertificate | undefined): void {
  metrics.gauge({
    name: "riffle_ingest_certificate_expiration_timestamp_seconds",
    help: "When the certificate that the API shows ends, seconds since the epoch; 0 without TLS.",
    collect: (gauge) => gauge.set((certificate?.endsAtMs ?? 0) / 1_000),
  });
}

// The page of one service. All services have the same rows in the same order, so that an eye that knows one knows all.
//
//   Flow (what comes in and goes out) · Lag (what waits) · Latency (how long things take) · State (what is kept) ·
//   Own (what only this service does) · Process (what it costs)

import { type Dashboard, type Panel, quantiles, type Row } from "./panels.ts";

/** What only one service does. */
const ownPanels: Readonly<Record<string, (selector: Selector) => readonly Panel[]>> = {
  ingest: (of) => [
    {
      title: "Answers by outcome",
      description: "Requests answered: accepted, partial batches, and problems by their code.",
      unit: "reqps",
      queries: [
        {
          expr: `sum by (status, outcome) (rate(riffle_ingest_requests_total${of()}[1m]))`,
          legend: "{{status}} {{outcome}}",
        },
      ],
    },
    {
      title: "Transactions of batches",
      description: "Transactions that came in batches, by outcome.",
      unit: "ops",
      queries: [
        {
          expr: `sum by (outcome) (rate(riffle_ingest_batch_transactions_total${of()}[1m]))`,
          legend: "{{outcome}}",
        },
      ],
    },
  ],
  filter: (of) => [
    {
      title: "Rejected by reason",
      description: "Every drop has a named reason; its transaction is in transactions.rejected.v1.",
      unit: "ops",
      queries: [
        {
          expr: `sum by (reason) (rate(riffle_filter_rejected_total${of()}[1m]))`,
          legend: "{{reason}}",
        },
      ],
    },
    {
      title: "Unaccounted for",
      description:
        "Inputs less screened, rejected and dead-lettered, as committed. Anything but 0 is a fault.",
      unit: "short",
      queries: [{ expr: ledgerGap(of), legend: "gap" }],
    },
  ],
  aggregator: (of) => [bySink(of)],
  "fraud-detector": (of) => [bySink(of)],
  notifier: (of) => [
    {
      title: "Attempts by verdict",
      description: "Attempts to deliver, by endpoint and what came of them.",
      unit: "ops",
      queries: [
        {
          expr: `sum by (channel, verdict) (rate(riffle_notifier_attempts_total${of()}[1m]))`,
          legend: "{{channel}} {{verdict}}",
        },
      ],
    },
    {
      title: "Given up",
      description: "Deliveries that ended without having arrived within ten minutes, by endpoint and reason.",
      unit: "short",
      queries: [
        {
          expr: `sum by (channel, outcome) (increase(riffle_notifier_outcomes_total${of('outcome!="delivered"')}[10m]))`,
          legend: "{{channel}} {{outcome}}",
        },
      ],
    },
    {
      title: "Endpoints left alone",
      description: "1 while the circuit breaker of an endpoint is open.",
      unit: "short",
      queries: [{ expr: `max by (channel) (riffle_notifier_breaker_open${of()})`, legend: "{{channel}}" }],
    },
    {
      title: "Deliveries under way",
      description: "Begun, and their result not committed: what a crash may repeat.",
      unit: "short",
      queries: [
        { expr: `sum by (channel) (riffle_notifier_deliveries_under_way${of()})`, legend: "{{channel}}" },
      ],
    },
  ],
  console: (of) => [
    {
      title: "Applied to the read model",
      description: "Records of each topic that were written to the database.",
      unit: "ops",
      queries: [
        {
          expr: `sum by (topic) (rate(riffle_console_applied_records_total${of()}[1m]))`,
          legend: "{{topic}}",
        },
      ],
    },
    {
      title: "Read model behind",
      description: "Offsets between what is applied and the ends of the topics.",
      unit: "short",
      queries: [{ expr: `riffle_console_lag_records${of()}`, legend: "{{instance}}" }],
    },
    {
      title: "Rebuilt",
      description: "Share of what the topics held at the start that is applied; 1 once it is up to date.",
      unit: "percentunit",
      queries: [{ expr: `riffle_console_rebuild_ratio${of()}`, legend: "{{instance}}" }],
    },
    {
      title: "Live feed",
      description: "Clients that are connected, and those that were closed because they read too slowly.",
      unit: "short",
      queries: [
        { expr: `sum(riffle_console_feed_clients${of()})`, legend: "clients" },
        { expr: `sum(increase(riffle_console_feed_slow_clients_total${of()}[10m]))`, legend: "too slow" },
      ],
    },
  ],
};

/** Writes a selector of the service's chosen replicas, and perhaps more labels. */
type Selector = (more?: string) => string;

const selectorOf =
  (service: string): Selector =>
  (more) =>
    `{service="${service}",instance=~"$instance"${more === undefined ? "" : `,${more}`}}`;

const sinks = "transactions.screened.v1|transactions.rejected.v1|filter.dlq.v1";

function ledgerGap(of: Selector): string {
  return `sum(riffle_stream_records_in_total${of()}) - sum(riffle_stream_records_out_total${of(`topic=~"${sinks}"`)})`;
}

function bySink(of: Selector): Panel {
  return {
    title: "Committed by topic",
    description: "Records committed to each output, dead-letter and changelog topic.",
    unit: "ops",
    queries: [
      {
        expr: `sum by (topic) (rate(riffle_stream_records_out_total${of()}[1m]))`,
        legend: "{{topic}}",
      },
    ],
  };
}

const streamRows = (of: Selector): Row[] => [
  { title: "Flow", panels: streamFlow(of) },
  { title: "Lag", panels: streamLag(of) },
  { title: "Latency", panels: streamLatency(of) },
  { title: "State", panels: streamState(of) },
];

const streamFlow = (of: Selector): Panel[] => [
  {
    title: "Records in and out",
    description: "Committed. Out counts changelogs and dead letters too.",
    unit: "ops",
    queries: [
      { expr: `sum(rate(riffle_stream_records_in_total${of()}[1m]))`, legend: "in" },
      { expr: `sum(rate(riffle_stream_records_out_total${of()}[1m]))`, legend: "out" },
    ],
  },
  {
    title: "Dead letters",
    description: "Records put aside since the last ten minutes.",
    unit: "short",
    queries: [
      { expr: `sum(increase(riffle_stream_dead_letters_total${of()}[10m]))`, legend: "dead letters" },
    ],
  },
  {
    title: "Errors by what was done",
    description: "Errors that reached the worker.",
    unit: "ops",
    queries: [
      {
        expr: `sum by (action) (rate(riffle_stream_failures_total${of()}[1m]))`,
        legend: "{{action}}",
      },
    ],
  },
];

const streamLag = (of: Selector): Panel[] => [
  {
    title: "Lag in seconds",
    description: "How long the oldest record has waited that is not processed; 0 when none waits.",
    unit: "s",
    queries: [
      {
        expr: `max by (topic, partition) (riffle_stream_lag_seconds${of()})`,
        legend: "{{topic}}/{{partition}}",
      },
    ],
  },
  {
    title: "Lag in records",
    description: "Markers of transactions included.",
    unit: "short",
    queries: [
      {
        expr: `sum by (topic, partition) (riffle_stream_lag_records${of()})`,
        legend: "{{topic}}/{{partition}}",
      },
    ],
  },
  {
    title: "Behind an open transaction",
    description: "Records after the last stable offset. Under load there is always one; it must not stay.",
    unit: "short",
    queries: [
      {
        expr: `sum by (topic) (riffle_stream_undecided_records${of()})`,
        legend: "{{topic}}",
      },
      { expr: `sum(rate(riffle_stream_position_offset${of()}[1m]))`, legend: "offsets passed a second" },
    ],
  },
];

const streamLatency = (of: Selector): Panel[] => [
  {
    title: "From ingest to this commit",
    description: "Of the oldest record of each commit.",
    unit: "s",
    queries: quantiles("riffle_stream_latency_seconds", of()),
  },
  {
    title: "Atomic commit",
    description: "Produce, offsets, end of transaction.",
    unit: "s",
    queries: quantiles("riffle_stream_commit_duration_seconds", of()),
  },
  {
    title: "Records a commit",
    description: "Input records that one atomic commit covers.",
    unit: "short",
    queries: quantiles("riffle_stream_commit_records", of()),
  },
  {
    title: "Watermark delay",
    description: "Wall clock less stream time. An idle task follows the clock at 5 to 10 s.",
    unit: "s",
    queries: [
      {
        expr: `max by (partition) (riffle_stream_watermark_delay_seconds${of()})`,
        legend: "{{partition}}",
      },
    ],
  },
];

const streamState = (of: Selector): Panel[] => [
  {
    title: "Entries of stores",
    description: "In the partitions that the replicas own.",
    unit: "short",
    queries: [{ expr: `sum by (store) (riffle_stream_store_entries${of()})`, legend: "{{store}}" }],
  },
  {
    title: "Restore",
    description: "What is left to read of changelogs, and how fast it is read.",
    unit: "short",
    queries: [
      {
        expr: `sum by (store) (riffle_stream_restore_remaining_records${of()})`,
        legend: "{{store}} remaining",
      },
      { expr: `sum(rate(riffle_stream_restored_records_total${of()}[1m]))`, legend: "restored a second" },
    ],
  },
  {
    title: "Phase and tasks",
    description: "Replicas in each phase; partitions owned.",
    unit: "short",
    queries: [
      { expr: `sum by (phase) (riffle_stream_phase${of()})`, legend: "{{phase}}" },
      { expr: `sum(riffle_stream_tasks${of()})`, legend: "tasks" },
    ],
  },
];

/** Ingest has no input topic and no state; the rows stay where they are. */
const ingestRows = (of: Selector): Row[] => [
  {
    title: "Flow",
    panels: [
      {
        title: "Transactions recorded",
        description: "Confirmed by every in-sync replica.",
        unit: "ops",
        queries: [{ expr: `sum(rate(riffle_ingest_recorded_total${of()}[1m]))`, legend: "recorded" }],
      },
    ],
  },
  {
    title: "Lag",
    panels: [
      {
        title: "Unsettled sends",
        description: "Records handed to the producer whose outcome is not known yet.",
        unit: "short",
        queries: [{ expr: `sum(riffle_ingest_unsettled_sends${of()})`, legend: "unsettled" }],
      },
    ],
  },
  {
    title: "Latency",
    panels: [
      {
        title: "Send",
        description: "From a transaction's acceptance to the confirmation of every in-sync replica.",
        unit: "s",
        queries: quantiles("riffle_ingest_send_seconds", of()),
      },
    ],
  },
  { title: "State", panels: [] },
];

const processRow = (of: Selector): Row => ({
  title: "Process",
  panels: [
    {
      title: "CPU",
      description: "Cores in use. A service does its work on one.",
      unit: "short",
      queries: [{ expr: `rate(process_cpu_seconds_total${of()}[1m])`, legend: "{{instance}}" }],
    },
    {
      title: "Memory",
      description: "Resident, and the used part of the heap.",
      unit: "bytes",
      queries: [
        { expr: `process_resident_memory_bytes${of()}`, legend: "{{instance}} resident" },
        { expr: `nodejs_heap_size_used_bytes${of()}`, legend: "{{instance}} heap" },
      ],
    },
    {
      title: "Event-loop delay, p99",
      description: "Since the last scrape. What blocks the loop holds up heartbeats and probes.",
      unit: "s",
      queries: [{ expr: `nodejs_eventloop_lag_p99_seconds${of()}`, legend: "{{instance}}" }],
    },
  ],
});

/** The page of a service. */
export const serviceDashboard = (service: string): Dashboard => {
  const of = selectorOf(service);
  const rows = service === "ingest" ? ingestRows(of) : streamRows(of);
  const own: Row = { title: "Own", panels: ownPanels[service]?.(of) ?? [] };
  return {
    uid: `riffle-${service}`,
    title: `Riffle: ${service}`,
    service,
    rows: [...rows, own, processRow(of)],
  };
};

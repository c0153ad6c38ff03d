// What the notifier counts besides what every stream service does.

import { deadLetterReasons, type NotifierCommand, ruleNames } from "@riffle/contracts";
import type { Logger, Metrics } from "@riffle/service-kit";
import type { Verdict } from "./channels/channel.ts";
import type { QueueFigures } from "./deliveries/dispatcher.ts";
import type { QueueObserver } from "./deliveries/endpoint-queue.ts";
import type { Outcome } from "./deliveries/task-deliveries.ts";

/** Whom to tell of attempts, outcomes, commands and alerts that nobody wants. */
export interface DeliveryObservers {
  readonly observer: QueueObserver;
  readonly onCommand: (kind: NotifierCommand["kind"], hadEffect: boolean) => void;
  readonly onOutcome: (channel: string, outcome: Outcome) => void;
  readonly onUnwanted: (rule: string, count: number) => void;
}

/** What observers count with. */
export interface DeliveryObservation {
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Names of the configured endpoints: what rules ask for is there of each from the start, at 0. */
  readonly channels: readonly string[];
  /** Asked at each scrape. */
  readonly figures: () => readonly QueueFigures[];
}

const verdicts = {
  delivered: true,
  retry: true,
  "give-up": true,
  disable: true,
} satisfies Record<Verdict, true>;

/** Observers that count and log. */
export const observeDeliveries = ({
  metrics,
  log,
  channels,
  figures,
}: DeliveryObservation): DeliveryObservers => {
  const attempts = metrics.counter({
    name: "riffle_notifier_attempts_total",
    help: "Attempts to deliver, by endpoint and what came of them.",
    labels: ["channel", "verdict"],
  });
  for (const channel of channels)
    for (const verdict of Object.keys(verdicts)) attempts.inc({ channel, verdict }, 0);
  const openings = metrics.counter({
    name: "riffle_notifier_breaker_openings_total",
    help: "Times the circuit breaker of an endpoint opened, because attempts in a row failed.",
    labels: ["channel"],
  });
  const commands = metrics.counter({
    name: "riffle_notifier_commands_total",
    help: "Commands of operators, and whether they had an effect.",
    labels: ["kind", "effect"],
  });
  const onOutcome = outcomeObserver(metrics, channels);
  const onUnwanted = unwantedObserver(metrics, log);
  gaugesOf(metrics, figures);
  return {
    observer: {
      attempted: (channel, { verdict }) => attempts.inc({ channel, verdict }),
      opened: (channel) => {
        openings.inc({ channel });
        log.warn({ channel }, "the endpoint does not answer as it should; it is left alone for a while");
      },
    },
    onCommand: (kind, hadEffect) => commands.inc({ kind, effect: hadEffect ? "taken" : "none" }),
    onOutcome,
    onUnwanted,
  };
};

const outcomeObserver = (metrics: Metrics, channels: readonly string[]): DeliveryObservers["onOutcome"] => {
  const outcomes = metrics.counter({
    name: "riffle_notifier_outcomes_total",
    help: "Deliveries that came to their outcome, by endpoint: `delivered`, or why they were dead-lettered.",
    labels: ["channel", "outcome"],
  });
  for (const channel of channels)
    for (const outcome of ["delivered", ...deadLetterReasons]) outcomes.inc({ channel, outcome }, 0);
  return (channel, outcome) => outcomes.inc({ channel, outcome });
};

/** Every rule is counted from the start, at 0; one line a rule says that nobody wants its alerts. */
const unwantedObserver = (metrics: Metrics, log: Logger): DeliveryObservers["onUnwanted"] => {
  const unwanted = metrics.counter({
    name: "riffle_notifier_alerts_unwanted_total",
    help: "Alerts that no endpoint subscribes to, by rule: nobody was told of them.",
    labels: ["rule"],
  });
  for (const rule of ruleNames) unwanted.inc({ rule }, 0);
  const told = new Set<string>();
  return (rule, count) => {
    unwanted.inc({ rule }, count);
    if (told.has(rule)) return;
    told.add(rule);
    log.warn({ rule }, "an alert of this rule fits no endpoint's subscription; nobody is told of it");
  };
};

const gaugesOf = (metrics: Metrics, figures: () => readonly QueueFigures[]): void => {
  metrics.gauge({
    name: "riffle_notifier_deliveries_under_way",
    help: "Deliveries whose attempt has begun and whose result is not committed.",
    labels: ["channel"],
    collect: (gauge) => {
      for (const { channel, underWay } of figures()) gauge.set({ channel }, underWay);
    },
  });
  metrics.gauge({
    name: "riffle_notifier_breaker_open",
    help: "1 while the circuit breaker of an endpoint is open, and nothing is tried but one attempt now and then.",
    labels: ["channel"],
    collect: (gauge) => {
      for (const { channel, open } of figures()) gauge.set({ channel }, open ? 1 : 0);
    },
  });
};

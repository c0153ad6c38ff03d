// What the notifier counts besides what every stream service does.

import { type NotifierCommand, ruleNames } from "@riffle/contracts";
import type { Logger, Metrics } from "@riffle/service-kit";
import type { QueueFigures } from "./deliveries/dispatcher.ts";
import type { QueueObserver } from "./deliveries/endpoint-queue.ts";

/** Whom to tell of attempts, commands and alerts that nobody wants. */
export interface DeliveryObservers {
  readonly observer: QueueObserver;
  readonly onCommand: (kind: NotifierCommand["kind"], hadEffect: boolean) => void;
  readonly onUnwanted: (rule: string, count: number) => void;
}

/** Observers that count and log. `figures` is asked at each scrape. */
export const observeDeliveries = (
  metrics: Metrics,
  log: Logger,
  figures: () => readonly QueueFigures[],
): DeliveryObservers => {
  const attempts = metrics.counter({
    name: "riffle_notifier_attempts_total",
    help: "Attempts to deliver, by endpoint and what came of them.",
    labels: ["channel", "verdict"],
  });
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
    onUnwanted,
  };
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

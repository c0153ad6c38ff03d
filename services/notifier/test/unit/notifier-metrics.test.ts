// A bug here lets alerts that nobody is told of pass without a trace, or fills the log with them.

import { deadLetterReasons, ruleNames } from "@riffle/contracts";
import { createLogger, Metrics } from "@riffle/service-kit";
import { expect, it } from "vitest";
import { observeDeliveries } from "../../src/notifier-metrics.ts";

it("alerts that nobody wants are counted by rule, each rule from 0, and logged once a rule", async () => {
  const metrics = new Metrics("notifier", { defaults: false });
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  const log = createLogger({ service: "notifier", instance: "test", to });
  const { onUnwanted } = observeDeliveries({ metrics, log, channels: [], figures: () => [] });
  const countOf = async (rule: string) =>
    new RegExp(`^riffle_notifier_alerts_unwanted_total\\{[^}]*rule="${rule}"[^}]*\\} (\\d+)$`, "m").exec(
      await metrics.render(),
    )?.[1];
  expect(await Promise.all(ruleNames.map(countOf))).toEqual(ruleNames.map(() => "0"));
  onUnwanted("take-over", 2);
  onUnwanted("take-over", 1);
  onUnwanted("card-testing", 1);
  expect([await countOf("take-over"), await countOf("card-testing")]).toEqual(["3", "1"]);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "warn", rule: "take-over" },
    { level: "warn", rule: "card-testing" },
  ]);
});

it("attempts and outcomes are counted by endpoint, each from 0: an alert compares them", async () => {
  const metrics = new Metrics("notifier", { defaults: false });
  const log = createLogger({ service: "notifier", instance: "test", to: { write: () => undefined } });
  const channels = ["webhook", "mail"];
  const { onOutcome, observer } = observeDeliveries({ metrics, log, channels, figures: () => [] });
  const countsOf = async (metric: string) =>
    [...(await metrics.render()).matchAll(new RegExp(`^${metric}\\{([^}]*)\\} (\\d+)$`, "gm"))].map(
      ([, labels, count]) =>
        `${labels
          ?.match(/"[^"]*"/g)
          ?.slice(0, 2)
          .join(" ")} ${count}`,
    );
  const outcomes = ["delivered", ...deadLetterReasons];
  const allOf = (values: readonly string[], counts: Readonly<Record<string, number>>) =>
    channels.flatMap((channel) =>
      values.map((value) => `"${channel}" "${value}" ${counts[`${channel} ${value}`] ?? 0}`),
    );
  expect(await countsOf("riffle_notifier_outcomes_total")).toEqual(allOf(outcomes, {}));
  onOutcome("mail", "refused");
  onOutcome("mail", "refused");
  onOutcome("webhook", "delivered");
  observer.attempted?.("webhook", { attempt: { at: "", status: null, durationMs: 0 }, verdict: "retry" });
  expect(await countsOf("riffle_notifier_outcomes_total")).toEqual(
    allOf(outcomes, { "mail refused": 2, "webhook delivered": 1 }),
  );
  expect(await countsOf("riffle_notifier_attempts_total")).toEqual(
    allOf(["delivered", "retry", "give-up", "disable"], { "webhook retry": 1 }),
  );
});

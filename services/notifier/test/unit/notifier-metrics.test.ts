// A bug here lets alerts that nobody is told of pass without a trace, or fills the log with them.

import { ruleNames } from "@riffle/contracts";
import { createLogger, Metrics } from "@riffle/service-kit";
import { expect, it } from "vitest";
import { observeDeliveries } from "../../src/notifier-metrics.ts";

it("alerts that nobody wants are counted by rule, each rule from 0, and logged once a rule", async () => {
  const metrics = new Metrics("notifier", { defaults: false });
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  const log = createLogger({ service: "notifier", instance: "test", to });
  const { onUnwanted } = observeDeliveries(metrics, log, () => []);
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

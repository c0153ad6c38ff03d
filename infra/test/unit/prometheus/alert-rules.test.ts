// A bug here pages somebody who then finds no page to read, or lets a rule go untested that never fires.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../../../..");
const folder = join(root, "infra/prometheus");

interface Alert {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface Case {
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts: readonly unknown[];
  }[];
}

const read = (path: string): unknown => parse(readFileSync(join(folder, path), "utf8"));
const files = readdirSync(join(folder, "rules"));
const alertsOf = (file: string): Alert[] =>
  (read(`rules/${file}`) as { groups: { rules: Alert[] }[] }).groups.flatMap(({ rules }) => rules);
const pages = readdirSync(join(root, "docs/runbooks")).filter((page) => page !== "README.md");

describe.each(files)("the rules of %s", (file) => {
  const alerts = alertsOf(file);

  it("have a severity, a summary and a runbook that exists", () => {
    expect(alerts.length).toBeGreaterThan(0);
    for (const { alert, labels, annotations } of alerts) {
      expect(["warning", "critical"], alert).toContain(labels["severity"]);
      expect(annotations["summary"], alert).toMatch(/\S/);
      expect(existsSync(join(root, annotations["runbook"] ?? "")), alert).toBe(true);
    }
  });

  it("have each a case in which it fires, and one in which it does not", () => {
    const { tests } = read(`tests/${file}`) as { tests: readonly Case[] };
    const expected = tests.flatMap((test) => test.alert_rule_test);
    for (const { alert } of alerts) {
      const fired = expected
        .filter((test) => test.alertname === alert)
        .map((test) => test.exp_alerts.length > 0);
      expect(fired, alert).toContain(true);
      expect(fired, alert).toContain(false);
    }
  });
});

it("every runbook names the alerts that lead to it", () => {
  const alerts = files.flatMap(alertsOf);
  const index = readFileSync(join(root, "docs/runbooks/README.md"), "utf8");
  for (const page of pages) {
    const leading = alerts.filter(({ annotations }) => annotations["runbook"] === `docs/runbooks/${page}`);
    expect(leading.length, page).toBeGreaterThan(0);
    const text = readFileSync(join(root, "docs/runbooks", page), "utf8");
    for (const { alert } of leading) {
      expect(text, page).toContain(`\`${alert}\``);
      expect(index).toContain(`\`${alert}\``);
    }
  }
});

// A bug here pages somebody who then finds no page to read, or lets a rule go untested that never fires.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { serviceNames } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../../../..");
const folder = join(root, "infra/prometheus");

interface Alert {
  readonly alert: string;
  readonly expr: string;
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
interface Recording {
  readonly record: string;
  readonly expr: string;
}

const rulesOf = (file: string): (Alert | Recording)[] =>
  (read(`rules/${file}`) as { groups: { rules: (Alert | Recording)[] }[] }).groups.flatMap(
    ({ rules }) => rules,
  );
const alertsOf = (file: string): Alert[] => rulesOf(file).filter((rule) => "alert" in rule);
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

it("what a rule records is asked for under that name, and what is asked for is recorded", () => {
  const rules = files.flatMap(rulesOf);
  const recorded = rules.flatMap((rule) => ("record" in rule ? [rule.record] : []));
  const asked = rules.flatMap(({ expr }) => expr.match(/\briffle:[a-z0-9_:]+/g) ?? []);
  expect(recorded.length).toBeGreaterThan(0);
  expect([...new Set(asked)].toSorted()).toEqual(recorded.toSorted());
});

it("every service is missed by name when no replica of it is discovered", () => {
  const rule = alertsOf("availability.yml").find(({ alert }) => alert === "RiffleServiceMissing");
  const named = [...(rule?.expr ?? "").matchAll(/absent\(up\{job="riffle",service="([a-z-]+)"\}\)/g)];
  expect(named.map(([, name]) => name).toSorted()).toEqual(serviceNames.toSorted());
});

it("every refusal of ingest's own counts as one, of the transactions in batches too", () => {
  const source = readFileSync(join(root, "services/ingest/src/problem.ts"), "utf8");
  const own = [...source.matchAll(/^ {2}"?([a-z-]+)"?: \{ status: 5\d\d,/gm)].map(([, code]) => code);
  expect(own).toContain("kafka-unreachable");
  const [refused] = rulesOf("ingest.yml");
  const counted = /riffle_ingest_batch_transactions_total\{outcome=~"([^"]+)"\}/.exec(
    refused?.expr ?? "",
  )?.[1];
  expect(counted?.split("|").toSorted()).toEqual(own.toSorted());
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

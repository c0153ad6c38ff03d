// A bug here sends somebody at night to a variable that nobody reads, or to a metric that nobody exports.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { repositoryFolder } from "../../../folders.ts";

const textOf = (path: string): string => readFileSync(join(repositoryFolder, path), "utf8");
const page = textOf("docs/tuning.md");

const sources = globSync(["packages/service-kit/src/**/*.ts", "services/*/src/**/*.ts"], {
  cwd: repositoryFolder,
}).map(textOf);

it("docs/tuning.md names variables that a service reads, with their defaults", () => {
  const example = textOf(".env.example");
  const named = [
    ...new Set([...page.matchAll(/`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)`/g)].map(([, name = ""]) => name)),
  ];
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((name) => !name.startsWith("STREAMS_") && !example.includes(`# ${name}=`))).toEqual([]);
  const defaults = [...page.matchAll(/`([A-Z][A-Z0-9_]+)`\s+\(([\d,]+)\)/g)];
  expect(defaults.length).toBeGreaterThan(1);
  for (const [, name = "", value = ""] of defaults)
    expect(example, name).toContain(`# ${name}=${value.replaceAll(",", "")}\n`);
});

it("docs/tuning.md names metrics that a service exports", () => {
  const named = [...new Set(page.match(/riffle_[a-z_]+/g) ?? [])];
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((name) => !sources.some((text) => text.includes(`"${name}"`)))).toEqual([]);
});

it("docs/tuning.md has a table for each measurement of bench/tuning.ts, and names no other", () => {
  const bench = textOf("bench/tuning.ts");
  const named = [
    ...new Set([...page.matchAll(/bench\/tuning\.ts ([a-z]+) \d+/g)].map(([, name = ""]) => name)),
  ];
  expect(named.toSorted()).toEqual(
    ["cadence", "commits", "compression", "connections", "fetch", "hot", "partitions", "replicas"].toSorted(),
  );
  for (const name of named) expect(bench).toMatch(new RegExp(`"${name}"|\\b${name}: \\{`));
});

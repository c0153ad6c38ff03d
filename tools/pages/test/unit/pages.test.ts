// A bug here looks like this: a page that names a variable or an error code which no longer exists.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configPage } from "../../config-page.ts";
import { errorsPage } from "../../errors-page.ts";
import { localVariables } from "../../local-variables.ts";
import { configSchemaOf, renderPages, stalePages } from "../../pages.ts";
import { table } from "../../table.ts";

const root = join(import.meta.dirname, "../../../..");

it("a table has columns of one width, and keeps a bar inside its cell", () => {
  expect(
    table([
      ["A", "Long header"],
      ["a|b", "c"],
    ]),
  ).toBe(["| A    | Long header |", "| ---- | ----------- |", "| a\\|b | c           |"].join("\n"));
});

it("the page of errors has every code of every registry", () => {
  const entry = { meaning: "It broke.", remedy: "Mend it." };
  const page = errorsPage({
    contractErrors: { C_ONE: entry },
    caseErrors: { A_ONE: entry },
    streamsErrors: { S_ONE: entry },
    patternErrors: { P_ONE: entry },
    serviceKitErrors: { K_ONE: entry },
    cliErrors: { L_ONE: entry },
    readModelErrors: { R_ONE: entry },
    problems: { "p-one": { status: 418, title: "A title" } },
    consoleProblems: { "q-one": { status: 418, title: "A title" } },
  });
  for (const code of ["C_ONE", "A_ONE", "S_ONE", "K_ONE", "L_ONE", "R_ONE", "p-one", "q-one"])
    expect(page).toContain(`| \`${code}\``);
  expect(page).toContain("| 418 ");
});

it("the page of the configuration has a section for each service", () => {
  const page = configPage([{ service: "filter", markdown: "| a table |" }]);
  expect(page).toContain("## filter\n\n| a table |\n\n## The local commands");
});

describe("the schema of a service", () => {
  const schema = { type: "object", properties: {} };

  it("is the one object schema that its module exports", () => {
    expect(configSchemaOf("config.js", { schema, other: () => schema, list: ["a"] })).toBe(schema);
  });

  it.each([{}, { a: schema, b: schema }])("is refused when there is not exactly one", (module) => {
    expect(() => configSchemaOf("config.js", module)).toThrow(/config\.js exports [02]/);
  });
});

it("the variables of the local commands are read somewhere under infra", () => {
  const sources = readdirSync(join(root, "infra"), { recursive: true, encoding: "utf8" })
    .filter((path) => /^((kafka|launcher)\/.*|folders)\.ts$/.test(path))
    .map((path) => readFileSync(join(root, "infra", path), "utf8"))
    .join("\n");
  for (const [name] of localVariables.filter(([name]) => !name.startsWith("<"))) {
    expect(sources, name).toContain(name);
  }
});

describe("on this repository, as built", () => {
  it("every page is made, and none is empty", async () => {
    const pages = await renderPages(root);
    const dashboards = [
      "pipeline",
      "ingest",
      "filter",
      "aggregator",
      "fraud-detector",
      "notifier",
      "console",
    ];
    expect([...pages.keys()]).toEqual([
      "docs/errors.md",
      "docs/config.md",
      ".env.example",
      ...dashboards.map((name) => `infra/grafana/dashboards/riffle-${name}.json`),
    ]);
    for (const text of pages.values()) expect(text.length).toBeGreaterThan(1_000);
  });

  it("what was not built is named, with the command that builds it", async () => {
    await expect(stalePages(join(root, "docs"))).rejects.toThrow("run `pnpm run build` first");
  });
});

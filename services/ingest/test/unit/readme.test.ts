// A bug here is a README that describes another program.

import { readFileSync } from "node:fs";
import { configTable } from "@riffle/service-kit";
import { describe, expect, it } from "vitest";
import { configSchema } from "../../src/config.ts";
import { problems } from "../../src/problem.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

describe("the README", () => {
  it("has the configuration table that the schema makes", () => {
    expect(readme).toContain(configTable(configSchema));
  });

  it("has every problem with its status", () => {
    for (const [code, { status }] of Object.entries(problems)) {
      expect(readme).toMatch(new RegExp(`\\| ${status} +\\|[^\\n]*\`${code}\``));
    }
  });
});

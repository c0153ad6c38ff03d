// A bug here is a README that describes another program.

import { readFileSync } from "node:fs";
import { configTable } from "@riffle/service-kit";
import { expect, it } from "vitest";
import { fraudDetectorConfig } from "../../src/config.ts";

it("the README has the configuration table that the schema makes", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  expect(readme).toContain(configTable(fraudDetectorConfig));
});

// A bug here promises one thing about repeats on one page and another on the next.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { repeatRule } from "../../src/repeat-rule.ts";

it.each(["services/ingest/README.md", "services/filter/README.md", "docs/semantics/exactly-once.md"])(
  "%s states the rule of repeats in its own words",
  (path) => {
    const text = readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");
    expect(text.replace(/\s+/g, " ")).toContain(repeatRule);
  },
);

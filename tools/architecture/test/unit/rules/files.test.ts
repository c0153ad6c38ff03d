// A bug here looks like this: a test that nobody runs, or a file that grew to 2,000 lines while the check was green.

import { describe, expect, it } from "vitest";
import { repositoryOf } from "../../../repository.ts";
import type { Rule } from "../../../rule.ts";
import { fileNames } from "../../../rules/file-names.ts";
import { sizesWith } from "../../../rules/sizes.ts";
import { noSkippedTestsWith, testPlacement } from "../../../rules/tests.ts";

const faultsOf = (rule: Rule, files: Readonly<Record<string, string>>) => rule.check(repositoryOf(files));

describe("the place of a test", () => {
  const config = `const everywhere = ["packages/*", "infra", "tools/*"];
    projects: [inFolder("unit"), inFolder("integration")]`;
  const scripts = {
    "test:unit": "vitest run --project unit",
    "test:integration": "vitest run --project integration",
  };
  const files = { "vitest.config.ts": config, "package.json": JSON.stringify({ scripts }) };

  it.each([
    "packages/streams/test/a.test.ts",
    "packages/streams/src/a.test.ts",
    "packages/streams/test/unit/a.spec.ts",
    "packages/streams/test/sim/a.test.ts",
    "packages/streams/test/unit/a.test.mjs",
    "packages/a/b/test/unit/a.test.ts",
    "elsewhere/test/unit/a.test.ts",
    "tools/test/unit/a.test.ts",
  ])("may not be %s", (path) => {
    expect(faultsOf(testPlacement, { ...files, [path]: "" })).toMatchObject([{ where: path }]);
  });

  it.each([
    "packages/streams/test/unit/a.test.ts",
    "packages/streams/test/integration/deep/a.test.ts",
    "infra/test/unit/a.test.ts",
    "tools/architecture/test/unit/a.test.ts",
  ])("may be %s", (path) => {
    expect(faultsOf(testPlacement, { ...files, [path]: "" })).toEqual([]);
  });

  it("is of no use when no script runs its kind", () => {
    const withSim = { ...files, "vitest.config.ts": `${config} inFolder("sim")` };
    expect(faultsOf(testPlacement, withSim)).toMatchObject([{ where: "vitest.config.ts" }]);
  });
});

describe("a test that is switched off", () => {
  const rule = noSkippedTestsWith({ "infra/test/unit/excused.test.ts": "a reason" });
  const excused = { "infra/test/unit/excused.test.ts": 'describe.runIf(java)("", () => {});' };

  it.each(["it.skip", "it.only", "describe.skip", "test.todo", "it.fails", "it.skipIf"])(
    "with %s is found",
    (call) => {
      const files = { ...excused, "infra/test/unit/a.test.ts": `${call}("", () => {});` };
      expect(faultsOf(rule, files)).toMatchObject([{ where: "infra/test/unit/a.test.ts" }]);
    },
  );

  it("is excused by the list, which may not hold more than it must", () => {
    expect(faultsOf(rule, excused)).toEqual([]);
    expect(faultsOf(rule, {})).toMatchObject([{ where: "infra/test/unit/excused.test.ts" }]);
  });
});

const fileOf = (lines: number): string => "export {};\n".repeat(lines);
const functionOf = (lines: number): string => `function long() {\n${"  a();\n".repeat(lines - 2)}}\n`;

describe("sizes", () => {
  const sizes = sizesWith({});

  it("a file has at most 400 lines, a function 70", () => {
    expect(faultsOf(sizes, { "a.ts": fileOf(400), "b.ts": functionOf(70) })).toEqual([]);
    expect(faultsOf(sizes, { "a.ts": fileOf(401) })).toMatchObject([{ where: "a.ts" }]);
    expect(faultsOf(sizes, { "b.ts": functionOf(71) })).toMatchObject([{ where: "b.ts:1" }]);
  });

  it("a suite may be longer than a function, a test may not", () => {
    const inside = "  a();\n".repeat(80);
    expect(faultsOf(sizes, { "a.ts": `describe("", () => {\n${inside}});` })).toEqual([]);
    expect(faultsOf(sizes, { "a.ts": `it("", () => {\n${inside}});` })).toHaveLength(1);
  });

  it("an exception allows its own size and no more, and goes when it is not needed", () => {
    const rule = sizesWith({ "a.ts#long": 90 });
    const faultsAt = (lines: number) => faultsOf(rule, { "a.ts": functionOf(lines) });
    expect(faultsAt(90)).toEqual([]);
    expect(faultsAt(91)[0]?.message).toContain("has 91 lines");
    expect(faultsAt(80)[0]?.message).toContain("Lower its entry");
    expect(faultsAt(70)[0]?.message).toContain("Remove it");
  });
});

describe("file names", () => {
  it.each([
    "packages/streams/src/utils.ts",
    "packages/streams/src/string-helpers.ts",
    "packages/streams/src/common/a.ts",
    "packages/streams/src/task-manager.ts",
    "packages/streams/src/window-2.ts",
    "packages/streams/src/01-window.ts",
    "packages/streams/src/fraudDetector.ts",
  ])("may not be %s", (path) => {
    expect(faultsOf(fileNames, { [path]: "" })).toHaveLength(1);
  });

  it.each(["packages/streams/src/kafka/crc32c.ts", "vitest.config.ts", "infra/bootstrap.mjs", "a/b.test.ts"])(
    "may be %s",
    (path) => {
      expect(faultsOf(fileNames, { [path]: "" })).toEqual([]);
    },
  );
});

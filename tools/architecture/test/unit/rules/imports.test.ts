// A bug here looks like this: the engine imports a transaction, or a service its neighbour, and the build is green.

import { describe, expect, it } from "vitest";
import { repositoryOf } from "../../../repository.ts";
import type { Rule } from "../../../rule.ts";
import { cycles } from "../../../rules/cycles.ts";
import { declaredImports } from "../../../rules/declared-imports.ts";
import { fencedPackages, testingEntryPoints } from "../../../rules/fenced-imports.ts";
import { layers } from "../../../rules/layers.ts";
import { purity } from "../../../rules/purity.ts";

const faultsOf = (rule: Rule, files: Readonly<Record<string, string>>) => rule.check(repositoryOf(files));
const importing = (specifier: string): string => `import { a } from "${specifier}";\n`;

describe("layers", () => {
  it.each([
    ["packages/contracts/src/a.ts", "@riffle/streams"],
    ["packages/streams/src/a.ts", "@riffle/service-kit"],
    ["packages/streams/src/a.ts", "@riffle/contracts"],
    ["packages/streams/src/kafka/a.ts", "../../../contracts/src/money.ts"],
    ["packages/service-kit/src/a.ts", "@riffle/ingest"],
    ["services/filter/src/a.ts", "@riffle/ingest"],
    ["services/filter/src/a.ts", "../../ingest/src/config.ts"],
    ["services/filter/test/unit/a.test.ts", "../../../ingest/src/config.ts"],
    ["services/filter/src/a.ts", "@riffle/infra/kafka"],
    ["services/filter/src/a.ts", "../../../infra/kafka/ports.ts"],
    ["packages/streams/src/a.ts", "@riffle/infra/kafka"],
    ["packages/service-kit/src/a.ts", "@riffle/cli/errors"],
    ["services/filter/src/a.ts", "@riffle/cli/errors"],
    ["packages/cli/src/a.ts", "@riffle/filter"],
    ["packages/cli/src/a.ts", "@riffle/infra/launcher/run-file"],
    ["infra/a.ts", "@riffle/service-kit"],
    ["infra/a.ts", "../packages/contracts/src/money.ts"],
    ["audit/a.ts", "@riffle/bench"],
    ["tools/a.ts", "../audit/faults/plan.ts"],
    ["services/filter/src/a.ts", "../../../packages/contracts/src/money.ts"],
    ["services/notifier/src/a.ts", "@riffle/cases"],
    ["packages/cases/src/a.ts", "@riffle/streams"],
    ["packages/streams/src/a.ts", "@riffle/cases"],
  ])("refuse that %s imports %s", (path, specifier) => {
    expect(faultsOf(layers, { [path]: importing(specifier) })).toMatchObject([{ where: `${path}:1` }]);
  });

  it("refuse a type as well", () => {
    const files = { "packages/streams/src/a.ts": 'import type { T } from "@riffle/contracts";' };
    expect(faultsOf(layers, files)).toHaveLength(1);
  });

  it.each([
    ["packages/streams/src/a.ts", "@riffle/contracts/envelope"],
    ["packages/streams/test/unit/a.test.ts", "@riffle/contracts"],
    ["packages/streams/test/integration/a.test.ts", "../../../../infra/kafka/local-kafka.ts"],
    ["packages/service-kit/src/a.ts", "@riffle/streams/kafka"],
    ["services/filter/src/a.ts", "@riffle/service-kit"],
    ["packages/cli/src/a.ts", "@riffle/service-kit"],
    ["services/filter/src/a.ts", "./b.ts"],
    ["infra/a.ts", "@riffle/contracts"],
    ["audit/a.ts", "@riffle/infra/kafka"],
    ["tools/a.ts", "../infra/command-line/command-line.ts"],
    ["bench/a.ts", "@riffle/audit/workload/post"],
    ["services/filter/src/a.ts", "typebox"],
    ["services/console/src/a.ts", "@riffle/cases"],
    ["packages/cli/src/a.ts", "@riffle/cases"],
    ["packages/cases/src/a.ts", "@riffle/contracts"],
  ])("allow that %s imports %s", (path, specifier) => {
    expect(faultsOf(layers, { [path]: importing(specifier) })).toEqual([]);
  });
});

describe("purity", () => {
  const pure = "packages/streams/src/windows/a.ts";

  it.each([
    importing("node:fs"),
    importing("kafkajs"),
    importing("../kafka/ports.ts"),
    'import type { A } from "../kafka/ports.ts";',
    importing("../worker/task.ts"),
    "export const a = Date.now();",
    "export const a = () => Math.random();",
    "export const a = Buffer.alloc(1);",
    "export const a = process.env;",
  ])("refuses %j", (text) => {
    expect(faultsOf(purity, { [pure]: text })).toMatchObject([{ where: `${pure}:1` }]);
  });

  it.each(["time/a.ts", "patterns/a.ts", "state/store.ts"])("holds for %s", (part) => {
    expect(faultsOf(purity, { [`packages/streams/src/${part}`]: importing("node:fs") })).toHaveLength(1);
  });

  it.each([
    'import type { Task } from "../worker/stage.ts";',
    importing("./due-index.ts"),
    importing("../state/store.ts"),
    importing("../errors.ts"),
    importing("@riffle/contracts/envelope"),
    "export const a = { Date: 1 }.Date + Math.max(1, 2);",
  ])("allows %j", (text) => {
    expect(faultsOf(purity, { [pure]: text })).toEqual([]);
  });

  it("holds for cases, whose one file for hashes may hash", () => {
    const fault = [{ where: "packages/cases/src/decide.ts:1" }];
    expect(faultsOf(purity, { "packages/cases/src/decide.ts": importing("node:crypto") })).toMatchObject(
      fault,
    );
    expect(
      faultsOf(purity, { "packages/cases/src/decide.ts": "export const a = Date.now();" }),
    ).toMatchObject(fault);
    expect(faultsOf(purity, { "packages/cases/src/chain.ts": importing("node:crypto") })).toEqual([]);
    expect(faultsOf(purity, { "packages/cases/src/chain.ts": importing("node:fs") })).toHaveLength(1);
  });

  it("does not look at the rest of the engine", () => {
    expect(faultsOf(purity, { "packages/streams/src/worker/a.ts": importing("node:fs") })).toEqual([]);
  });
});

describe("fenced packages", () => {
  it.each([
    ["packages/streams/src/kafka/client.ts", "kafkajs"],
    ["packages/streams/src/kafka/client.ts", "kafkajs/src/cluster"],
    ["services/ingest/src/a.ts", "kafkajs"],
    ["packages/streams/src/kafka/record-batch.ts", "@node-rs/crc32"],
  ])("%s may not import %s", (path, specifier) => {
    expect(faultsOf(fencedPackages, { [path]: importing(specifier) })).toHaveLength(1);
    expect(faultsOf(fencedPackages, { [path]: `const a = require("${specifier}");` })).toHaveLength(1);
  });

  it("their own files may", () => {
    const files = {
      "packages/streams/src/kafka/kafkajs-internals.ts": 'const a = require("kafkajs/src/cluster");',
      "packages/streams/src/kafka/crc32c.ts": importing("@node-rs/crc32"),
    };
    expect(faultsOf(fencedPackages, files)).toEqual([]);
  });
});

describe("entry points for tests", () => {
  it.each([
    ["services/filter/src/a.ts", "@riffle/streams/testing"],
    ["packages/streams/src/worker/a.ts", "../testing/stage-driver.ts"],
    ["packages/contracts/src/a.ts", "../test/golden/values.ts"],
  ])("%s may not import %s", (path, specifier) => {
    expect(faultsOf(testingEntryPoints, { [path]: importing(specifier) })).toHaveLength(1);
  });

  it.each([
    ["services/filter/test/unit/a.test.ts", "@riffle/streams/testing"],
    ["packages/streams/src/testing/index.ts", "./stage-driver.ts"],
  ])("%s may import %s", (path, specifier) => {
    expect(faultsOf(testingEntryPoints, { [path]: importing(specifier) })).toEqual([]);
  });
});

describe("declared imports", () => {
  const files = {
    "package.json": '{ "devDependencies": { "vitest": "1.0.0" } }',
    "services/filter/package.json":
      '{ "dependencies": { "typebox": "1.0.0" }, "devDependencies": { "fast-check": "1.0.0" } }',
  };

  it.each([
    ["src/a.ts", importing("pino"), 1],
    ["src/a.ts", importing("@riffle/streams"), 1],
    ["src/a.ts", importing("fast-check"), 1],
    ["src/a.ts", importing("vitest"), 1],
    ["src/a.ts", 'import type { A } from "fast-check";', 0],
    ["src/a.ts", importing("typebox/value"), 0],
    ["src/a.ts", importing("node:fs"), 0],
    ["dashboard/a.tsx", importing("fast-check"), 0],
    ["dashboard/a.tsx", importing("pino"), 1],
    ["test/unit/a.test.ts", importing("vitest"), 0],
    ["test/unit/a.test.ts", importing("pino"), 1],
  ])("in %s, %j: %i faults", (path, text, faults) => {
    expect(faultsOf(declaredImports, { ...files, [`services/filter/${path}`]: text })).toHaveLength(faults);
  });
});

describe("cycles", () => {
  it("are found over several files, each once", () => {
    const files = {
      "a/a.ts": importing("./b.ts"),
      "a/b.ts": importing("../c.ts"),
      "c.ts": importing("./a/a.ts"),
    };
    const [fault, ...others] = faultsOf(cycles, files);
    expect(fault?.message).toContain("a/a.ts → a/b.ts → c.ts → a/a.ts");
    expect(others).toEqual([]);
  });

  it("are found through types too", () => {
    const files = { "a.ts": importing("./b.ts"), "b.ts": 'import type { A } from "./a.ts";' };
    expect(faultsOf(cycles, files)).toMatchObject([
      { message: expect.stringContaining("a.ts → b.ts → a.ts") },
    ]);
  });

  it("are none where a file is imported twice", () => {
    const files = {
      "a.ts": 'import "./b.ts";\nimport "./c.ts";\n',
      "b.ts": importing("./c.ts"),
      "c.ts": "export {};\n",
    };
    expect(faultsOf(cycles, files)).toEqual([]);
  });
});

// A bug here looks like this: `turbo run lint` that runs nothing and is green, or an install that differs tomorrow.

import { describe, expect, it } from "vitest";
import { repositoryOf } from "../../../repository.ts";
import type { Rule } from "../../../rule.ts";
import { dependenciesNamed } from "../../../rules/dependencies-named.ts";
import { rootTasks } from "../../../rules/root-tasks.ts";
import { versions } from "../../../rules/versions.ts";

const faultsOf = (rule: Rule, files: Readonly<Record<string, unknown>>) =>
  rule.check(
    repositoryOf(
      Object.fromEntries(
        Object.entries(files).map(([path, content]) => [
          path,
          typeof content === "string" ? content : JSON.stringify(content),
        ]),
      ),
    ),
  );

describe("versions", () => {
  it.each(["^1.2.3", "~1.2.3", "1.2", "*", "latest", ">=1.0.0", "workspace:*"])(
    "may not be %s",
    (version) => {
      expect(faultsOf(versions, { "package.json": { devDependencies: { pino: version } } })).toHaveLength(1);
    },
  );

  it("of our own packages are the workspace's", () => {
    const of = (version: string) => ({
      "infra/package.json": { dependencies: { "@riffle/streams": version } },
    });
    expect(faultsOf(versions, of("workspace:*"))).toEqual([]);
    expect(faultsOf(versions, of("0.1.0"))).toHaveLength(1);
  });

  it("of one package are the same everywhere", () => {
    const files = {
      "package.json": { devDependencies: { pino: "1.2.3" } },
      "infra/package.json": { dependencies: { pino: "1.2.4" } },
    };
    expect(faultsOf(versions, files)[0]?.message).toContain("pino is 1.2.3, but 1.2.4 in infra");
  });
});

describe("tasks of the root", () => {
  const faultsFor = (command: string, tasks: readonly string[]) =>
    faultsOf(rootTasks, {
      "package.json": { scripts: { verify: command, lint: "biome check ." } },
      "packages/a/package.json": { scripts: { build: "tsc -b" } },
      "turbo.json": { tasks: Object.fromEntries(tasks.map((task) => [task, {}])) },
    });

  it("are run and declared with //#", () => {
    expect(faultsFor("turbo run //#lint build --ui=stream", ["//#lint", "build"])).toEqual([]);
  });

  it.each([
    ["turbo run lint", ["//#lint"], "Write //#lint"],
    ["turbo run lint", ["lint"], "which no package has"],
    ["turbo run //#lint", [], "Declare it"],
    ["turbo run //#types", ["//#types"], "has no script types"],
  ])("%s with %j is a fault", (command, tasks, message) => {
    expect(faultsFor(command, tasks)[0]?.message).toContain(message);
  });
});

describe("a task of the root that waits for builds", () => {
  const faultsWith = (dependsOn: readonly string[]) =>
    faultsOf(rootTasks, {
      "package.json": { scripts: { types: "tsc" } },
      "services/a/package.json": { name: "@riffle/a", scripts: { build: "tsc -b" } },
      "services/b/package.json": { name: "@riffle/b", scripts: { build: "tsc -b" } },
      "turbo.json": { tasks: { "//#types": { dependsOn }, build: { dependsOn: ["^build"] } } },
    });

  it("waits for those of every service, each by its name", () => {
    expect(faultsWith([])).toEqual([]);
    expect(faultsWith(["@riffle/a#build", "@riffle/b#build"])).toEqual([]);
    expect(faultsWith(["build"])).toHaveLength(2);
    expect(faultsWith(["@riffle/a#build"])[0]?.message).toContain("@riffle/b#build");
  });
});

describe("dependencies", () => {
  const manifest = {
    "infra/package.json": { dependencies: { pino: "1.2.3", "@riffle/streams": "workspace:*" } },
  };
  const page = (rows: string) => ({
    "docs/adr/0003-dependencies.md": `| Package | For |\n| --- | --- |\n${rows}`,
  });

  it("are each named in the decision record", () => {
    expect(faultsOf(dependenciesNamed, { ...manifest, ...page("| `pino` | logs |") })).toEqual([]);
    expect(faultsOf(dependenciesNamed, { ...manifest, ...page("") })[0]?.message).toContain(
      "pino has no row",
    );
  });

  it("that are gone are gone from it, too", () => {
    const files = { ...manifest, ...page("| `pino`, `left-pad` | logs |") };
    expect(faultsOf(dependenciesNamed, files)[0]?.message).toContain("a row for left-pad");
  });
});

// Tests run because of where they lie, and all of them do.

import type { Repository } from "../repository.ts";
import type { Fault, Rule } from "../rule.ts";

const config = "vitest.config.ts";

/** The folders that vitest.config.ts looks into: `packages/*` and so on, and the kinds below each. */
function runFolders(repository: Repository): {
  readonly roots: readonly string[];
  readonly kinds: readonly string[];
} {
  const text = repository.text(config);
  const list = /const everywhere = \[(?<roots>[^\]]*)\]/.exec(text)?.groups?.["roots"] ?? "";
  return {
    roots: [...list.matchAll(/"([^"]+)"/g)].map(([, root = ""]) => root),
    kinds: [...text.matchAll(/inFolder\("(\w+)"\)/g)].map(([, kind = ""]) => kind),
  };
}

/** Finds tests in a folder that no run looks into, and kinds of test that no script runs. */
export const testPlacement: Rule = {
  name: "test-placement",
  check: (repository) => {
    const { roots, kinds } = runFolders(repository);
    const folders = roots.flatMap((root) => kinds.map((kind) => `${root}/test/${kind}/`));
    const patterns = folders.map(
      (folder) => new RegExp(`^${folder.replaceAll("*", "[^/]+")}.*\\.test\\.ts$`),
    );
    const misplaced = repository.paths
      .filter((path) => /\.(test|spec)\.[cm]?[jt]sx?$/.test(path))
      .filter((path) => !patterns.some((pattern) => pattern.test(path)))
      .map((path) => ({
        where: path,
        message: `is never run: a test is <package>/test/<${kinds.join("|")}>/…/<name>.test.ts (${config})`,
      }));
    return [...misplaced, ...unrunKinds(repository, kinds)];
  },
};

function unrunKinds(repository: Repository, kinds: readonly string[]): Fault[] {
  const scripts = Object.values(repository.rootScripts).join("\n");
  return kinds
    .filter((kind) => !scripts.includes(`vitest run --project ${kind}`))
    .map((kind) => ({ where: config, message: `has a project ${kind} that no script of package.json runs` }));
}

/** A test's file by its name, or by the end of its path; `*.test.ts` and `<name>.test.ts` are none. */
const cited = /(?<![\w@./*<>-])[\w@][\w@./-]*\.test\.tsx?\b/g;

/** Finds tests that a page gives as proof, in whatever form, and that are not there. */
export const citedTests: Rule = {
  name: "cited-tests",
  check: (repository) => {
    const tests = repository.paths.filter((path) => /\.test\.tsx?$/.test(path)).map((path) => `/${path}`);
    return repository.pages.flatMap((path) =>
      repository
        .text(path)
        .split("\n")
        .flatMap((text, index) =>
          [...text.matchAll(cited)]
            .filter(([named]) => !tests.some((test) => test.endsWith(`/${named}`)))
            .map(([named]) => ({
              where: `${path}:${index + 1}`,
              message: `names ${named}, and no test's path ends so. Name the test that proves it, or write one`,
            })),
        ),
    );
  },
};

const switches = /\b(?:describe|it|test)\.(?:only|skip|todo|fails|skipIf|runIf)\b/g;

/** Tests that may leave something out, with the reason. The list may only shrink. */
export type SkipExceptions = Readonly<Record<string, string>>;

const skipExceptions: SkipExceptions = {
  "infra/test/long/local-kafka.test.ts":
    "Java is one of the ways to a Kafka and no requirement: without it there is nothing of it to test",
  "infra/test/integration/promtool.test.ts":
    "promtool comes in Prometheus' image alone: without Docker the run lists its tests as skipped, and says why",
};

/** Finds tests that are switched off, or that pass because they fail: they look exactly like tests that pass. */
export const noSkippedTestsWith = (exceptions: SkipExceptions): Rule => ({
  name: "no-skipped-tests",
  check: (repository) => {
    const switched = repository.paths
      // The rules' own tests plant such faults as text.
      .filter((path) => path.endsWith(".test.ts") && !path.startsWith("tools/architecture/"))
      .map((path) => ({ path, found: repository.text(path).match(switches) ?? [] }))
      .filter(({ found }) => found.length > 0);
    const faults = switched
      .filter(({ path }) => !Object.hasOwn(exceptions, path))
      .map(({ path, found }) => ({
        where: path,
        message: `has ${found[0]}; a test runs or is deleted. What cannot run here must fail and say what is missing`,
      }));
    const stale = Object.keys(exceptions)
      .filter((path) => switched.every((test) => test.path !== path))
      .map((path) => ({
        where: path,
        message: "needs no exception in no-skipped-tests any more. Remove it",
      }));
    return [...faults, ...stale];
  },
});

/** The rule with the repository's own exceptions. */
export const noSkippedTests: Rule = noSkippedTestsWith(skipExceptions);

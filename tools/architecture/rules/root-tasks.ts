// `turbo run x` skips in silence what it does not know, with exit code 0. A task of the root is therefore written
// `//#x` wherever it is run, and declared under that name. What a task of the root waits for is named with its package:
// for turbo a bare `build` is the root's own there.

import type { Repository } from "../repository.ts";
import type { Fault, Rule } from "../rule.ts";

interface TurboConfig {
  readonly tasks?: Readonly<Record<string, { readonly dependsOn?: readonly string[] }>>;
}

/** Finds tasks that turbo would skip. */
export const rootTasks: Rule = {
  name: "root-tasks",
  check: (repository) => {
    const { tasks = {} } = JSON.parse(repository.text("turbo.json") || "{}") as TurboConfig;
    const root = repository.rootScripts;
    const inPackages = new Set(
      repository.manifests
        .filter(({ path }) => path !== "package.json")
        .flatMap(({ manifest }) => Object.keys(manifest.scripts ?? {})),
    );
    const declared = Object.keys(tasks)
      .filter((task) => task.startsWith("//#") && !Object.hasOwn(root, task.slice(3)))
      .map((task) => ({
        where: "turbo.json",
        message: `declares ${task}, but package.json has no script ${task.slice(3)}`,
      }));
    const run = Object.entries(root).flatMap(([script, command]) =>
      tasksRunBy(command).flatMap((task) => {
        const where = `package.json, script ${script}`;
        if (!Object.hasOwn(tasks, task)) {
          const known = Object.hasOwn(tasks, `//#${task}`);
          const cure = known ? `Write //#${task}` : "Declare it in turbo.json";
          return [{ where, message: `runs ${task}, which turbo.json does not declare. ${cure}` }];
        }
        if (task.startsWith("//#") || inPackages.has(task)) return [];
        return [
          { where, message: `runs ${task}, which no package has. Write //#${task} for a task of the root` },
        ];
      }),
    );
    return [...declared, ...run, ...unawaited(repository, tasks)];
  },
};

/** A task of the root that waits for builds waits for those of every service, and with them for all packages. */
function unawaited(repository: Repository, tasks: NonNullable<TurboConfig["tasks"]>): Fault[] {
  const builds = repository.manifests
    .filter(({ path }) => path.startsWith("services/"))
    .map(({ manifest }) => `${manifest.name}#build`);
  return Object.entries(tasks).flatMap(([task, { dependsOn = [] }]) => {
    if (!task.startsWith("//#") || dependsOn.length === 0) return [];
    return builds
      .filter((build) => !dependsOn.includes(build))
      .map((build) => ({
        where: "turbo.json",
        message: `${task} does not wait for ${build}. Add it to dependsOn`,
      }));
  });
}

function tasksRunBy(command: string): string[] {
  const words = command.split(/\s+/);
  if (words[0] !== "turbo" || words[1] !== "run") return [];
  return words.slice(2).filter((word) => !word.startsWith("--"));
}

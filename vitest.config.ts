// Which tests there are. The folder decides the kind: a test outside these folders is a test nobody runs, and
// tools/architecture fails on it.

import { defineConfig } from "vitest/config";
import { plant } from "./audit/planted-bugs/plant.ts";

const everywhere = ["packages/*", "services/*", "infra", "tools/*", "bench", "audit"];
const inFolder = (kind: string): string[] => everywhere.map((root) => `${root}/test/${kind}/**/*.test.ts`);

/** `pnpm run audit:bugs` plants one bug in the sources of a run, to see the tests notice it. */
// biome-ignore lint/suspicious/noUndeclaredEnvVars: never through turbo, whose tasks shall not know of it
const planted = process.env["RIFFLE_PLANTED_BUG"];
const plugins = planted === undefined ? [] : [plant(planted)];

export default defineConfig({
  test: {
    // Modules are kept over runs by their text, and a planted bug is none of it.
    fsModuleCache: planted === undefined,
    projects: [
      {
        plugins,
        test: {
          name: "unit",
          include: inFolder("unit"),
          environment: "node",
          // Files share their imports, which otherwise are half of the time. So no module may keep what a test did.
          isolate: false,
        },
      },
      {
        plugins,
        test: {
          name: "sim",
          include: inFolder("sim"),
          environment: "node",
          // A test here is hundreds of runs in virtual time; the machine may be slow.
          testTimeout: 600_000,
        },
      },
      {
        plugins,
        test: {
          name: "integration",
          include: inFolder("integration"),
          environment: "node",
          globalSetup: ["infra/kafka/kafka-fixture.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // One broker and two cores: files side by side would only wait for each other.
          fileParallelism: false,
        },
      },
      {
        plugins,
        test: {
          name: "browser",
          include: inFolder("browser"),
          environment: "node",
          // A browser, six services and a broker on the cores that there are.
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        plugins,
        test: {
          name: "long",
          include: inFolder("long"),
          environment: "node",
          globalSetup: ["infra/kafka/kafka-fixture.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

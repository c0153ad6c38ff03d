// Which tests there are. The folder decides the kind: a test outside these folders is a test nobody runs, and
// tools/architecture fails on it.

import { defineConfig } from "vitest/config";

const everywhere = ["packages/*", "services/*", "infra", "tools/*", "bench", "audit"];
const inFolder = (kind: string): string[] => everywhere.map((root) => `${root}/test/${kind}/**/*.test.ts`);

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: "unit", include: inFolder("unit"), environment: "node" },
      },
      {
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
    ],
  },
});

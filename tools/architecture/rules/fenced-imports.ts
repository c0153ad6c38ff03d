// Packages that one file alone may import, and entry points that are for tests alone.

import { type Place, placeOf, targetOf } from "../places.ts";
import type { Rule } from "../rule.ts";

interface Fence {
  readonly only: string;
  /** The file that imports it to be compared with. */
  readonly also?: string;
  readonly instead: string;
}

const fences: Readonly<Record<string, Fence>> = {
  kafkajs: {
    only: "packages/streams/src/kafka/kafkajs-internals.ts",
    also: "packages/streams/test/conformance/stock-client.ts",
    instead: "use the ports of packages/streams/src/kafka/ports.ts, or @riffle/streams/kafka",
  },
  "@node-rs/crc32": {
    only: "packages/streams/src/kafka/crc32c.ts",
    instead: "import crc32c from that file",
  },
  snappy: {
    only: "packages/streams/src/kafka/compression.ts",
    instead: "import compress and decompress from that file",
  },
  ...Object.fromEntries(
    ["api", "exporter-trace-otlp-http", "resources", "sdk-trace-base"].map((name) => [
      `@opentelemetry/${name}`,
      {
        only: "packages/service-kit/src/otel-tracing.ts",
        instead: "take a Tracing of packages/service-kit/src/tracing.ts",
      },
    ]),
  ),
  commander: {
    only: "packages/cli/src/command-line.ts",
    instead: "describe the command as a Command of packages/cli/src/command.ts",
  },
  "@marcbachmann/cel-js": {
    only: "packages/cli/src/tail/expression.ts",
    instead: "use Expression of that file: it refuses what could run for ever",
  },
  lmdb: {
    only: "packages/streams/src/state/lmdb-environment.ts",
    instead: "use LocalCopy of packages/streams/src/state/local-copy.ts",
  },
  "openid-client": {
    only: "services/console/src/access/sign-in/provider.ts",
    instead: "use OpenIdProvider of that file: it keeps no token, and takes no signature on trust",
  },
  "lz4-napi": {
    only: "packages/streams/src/kafka/compression.ts",
    instead: "import compress and decompress from that file",
  },
};

/** Finds imports of a fenced package from outside of its file. */
export const fencedPackages: Rule = {
  name: "fenced-packages",
  check: (repository) =>
    repository.sources.flatMap(({ path, imports }) =>
      imports.flatMap(({ specifier, line }) => {
        const target = targetOf(path, specifier);
        const fence = target.kind === "external" ? fences[target.name] : undefined;
        if (fence === undefined || fence.only === path || fence.also === path) return [];
        const message = `imports ${specifier}; only ${fence.only} may. Instead ${fence.instead}`;
        return [{ where: `${path}:${line}`, message }];
      }),
    ),
};

/** Finds code that ships and imports an entry point for tests. */
export const testingEntryPoints: Rule = {
  name: "testing-entry-points",
  check: (repository) =>
    repository.sources.flatMap(({ path, imports }) =>
      imports.flatMap(({ specifier, line }) => {
        const target = targetOf(path, specifier);
        const isForTests = target.kind === "own" && isOfTests(target.place);
        const from = placeOf(path);
        const isHelper = isOfTests(from) || from.home === "tools";
        if (!isForTests || isHelper) return [];
        const message = `imports ${specifier}, which is for tests only. Move what is needed out of testing/, or this file into test/`;
        return [{ where: `${path}:${line}`, message }];
      }),
    ),
};

const isOfTests = ({ kind }: Place): boolean => kind === "test" || kind === "testing";

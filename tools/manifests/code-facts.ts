// What the policies need to know of the code, read from the code.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CodeFacts } from "./pipeline-policies.ts";

interface Contracts {
  readonly defaultPartitions: number;
  readonly topics: Readonly<Record<string, { readonly name: string } | undefined>>;
}

const nameIn = ({ topics }: Contracts, key: string): string => {
  const topic = topics[key];
  if (topic === undefined) throw new Error(`packages/contracts has no topic ${key}`);
  return topic.name;
};

/** Reads the facts of the repository at `root`; its packages must be built. */
export const readCodeFacts = async (root: string): Promise<CodeFacts> => {
  const contracts = (await import(
    pathToFileURL(join(root, "packages/contracts/dist/index.js")).href
  )) as Contracts;
  const example = readFileSync(join(root, ".env.example"), "utf8");
  const configPage = readFileSync(join(root, "docs/config.md"), "utf8");
  const deadline = /^# SHUTDOWN_DEADLINE_MS=(?<ms>\d+)$/m.exec(example)?.groups?.["ms"];
  const folder = join(root, "packages/service-kit/src/nest");
  const exporters = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  return {
    partitions: contracts.defaultPartitions,
    shutdownDeadlineMs: Number(deadline),
    inputs: {
      filter: nameIn(contracts, "transactionsReceived"),
      aggregator: nameIn(contracts, "transactionsScreened"),
      "fraud-detector": nameIn(contracts, "transactionsScreened"),
      notifier: nameIn(contracts, "alerts"),
    },
    variables: new Set(
      [
        ...example.matchAll(/^# ([A-Z][A-Z0-9_]*)=/gm),
        // A secret may come from a file, which the page says of it.
        ...configPage.matchAll(/`([A-Z][A-Z0-9_]*_FILE)` may name a file/g),
      ].map(([, name = ""]) => name),
    ),
    metrics: new Set(exporters.flatMap((text) => text.match(/riffle_stream_[a-z_]+/g) ?? [])),
  };
};

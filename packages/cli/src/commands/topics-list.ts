// `riffle topics list`: the pipeline's topics in the cluster, beside what the contracts say.

import { allTopics } from "@riffle/contracts";
import { ClusterInspector } from "@riffle/streams/kafka";
import { type TopicFault, topicFaults } from "../cluster-topics.ts";
import { type Call, type Command, jsonOption, kafkaOptions } from "../command.ts";
import { readTopics } from "../found-topics.ts";
import { findBrokers } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { printable } from "../terminal/printable.ts";
import { counted, tableLines } from "../terminal/table.ts";

export const topicsList: Command = {
  name: "topics list",
  isDefaultOfGroup: true,
  summary: "the pipeline's topics, and where they differ from the contracts",
  about: [
    "Lists every topic of the contracts with what the cluster has of it: partitions, copies, cleanup policy, retention.",
    "Ends with 1 when one is missing, or is laid out otherwise. `riffle topics` is the same.",
  ],
  options: { ...jsonOption, ...kafkaOptions },
  examples: ["topics", "topics list --json"],
  run,
};

async function run(call: Call): Promise<number> {
  const { terminal } = call;
  const inspector = await ClusterInspector.connect(findBrokers(call));
  try {
    const found = await readTopics(inspector);
    const faults = topicFaults(allTopics, found);
    const rows = allTopics.map(({ name, owner }) => {
      const there = found.get(name);
      return {
        topic: name,
        owner,
        partitions: there?.partitions ?? null,
        copies: there?.copies ?? null,
        cleanupPolicy: there?.configs.get("cleanup.policy") ?? null,
        retentionMs: there?.configs.get("retention.ms") ?? null,
        faults: faults.filter(({ topic }) => topic === name),
      };
    });
    if (call.options["json"] === true) for (const row of rows) terminal.out(jsonText(row));
    else {
      const header = ["TOPIC", "OWNER", "PARTITIONS", "COPIES", "CLEANUP", "RETENTION", "DIFFERS"];
      const cells = rows.map((row) => [
        row.topic,
        row.owner,
        printable(String(row.partitions ?? "-")),
        String(row.copies ?? "-"),
        printable(row.cleanupPolicy ?? "-"),
        durationText(row.retentionMs),
        row.faults.map(faultText).join("; "),
      ]);
      for (const line of tableLines(header, cells)) terminal.out(line);
    }
    const missing = faults.filter(({ kind }) => kind === "missing").length;
    if (missing > 0)
      terminal.note(`${counted(missing, "topic")} missing: \`riffle topics create\` creates them.`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    await inspector.close();
  }
}

const dayMs = 86_400_000;

const durationText = (ms: string | null): string => {
  if (ms === null) return "-";
  if (ms === "-1") return "for ever";
  const days = Number(ms) / dayMs;
  return Number.isInteger(days) ? counted(days, "day") : `${printable(ms)} ms`;
};

/** A difference in few words. */
export const faultText = ({ kind, config, expected, found }: TopicFault): string =>
  kind === "missing" ? "missing" : `${config ?? kind} is ${printable(found)}, not ${expected}`;

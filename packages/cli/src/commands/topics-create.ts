// `riffle topics create`: the admin step that a deployment runs before its services, because nothing creates a topic by
// asking for it.
//
//   TC1. It may run again at any time: a topic that exists is left as it is.

import { allTopics, clusterDefault, pipelineTopicSpecs } from "@riffle/contracts";
import { connectAdmin } from "@riffle/streams/kafka";
import { type Call, type Command, jsonOption, kafkaOptions } from "../command.ts";
import { countOption } from "../option-values.ts";
import { findBrokers } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";

export const topicsCreate: Command = {
  name: "topics create",
  summary: "creates the pipeline's topics where they are missing",
  about: [
    "Creates every topic of the pipeline with its partitions, retention and cleanup policy. One that exists is left as",
    "it is. Ends when each partition has a leader. The topics of the services' state are created by the services.",
  ],
  options: {
    partitions: { value: "<n>", help: "the same for every topic; default what the contracts say" },
    "replication-factor": {
      value: "<n>",
      help: "copies of each partition; from 3 on a write needs 2. Default 3, or every broker",
    },
    ...jsonOption,
    ...kafkaOptions,
  },
  examples: ["topics create", "topics create --brokers kafka-1:9092,kafka-2:9092 --replication-factor 3"],
  run,
};

async function run(call: Call): Promise<number> {
  const { terminal, options } = call;
  const specs = pipelineTopicSpecs(allTopics, {
    replicationFactor: countOption(call, "replication-factor", clusterDefault),
    ...(options["partitions"] === undefined ? {} : { partitions: countOption(call, "partitions", 1) }),
  });
  const admin = await connectAdmin(findBrokers(call));
  try {
    const existing = new Set(await admin.listTopics());
    await admin.createTopics(specs);
    for (const { name, partitions } of specs) {
      if (options["json"] === true) {
        terminal.out(jsonText({ topic: name, created: !existing.has(name), partitions }));
        continue;
      }
      terminal.out(
        `${existing.has(name) ? "there   " : "created "} ${name}${existing.has(name) ? "" : `, ${partitions} partitions`}`,
      );
    }
    return 0;
  } finally {
    await admin.close();
  }
}

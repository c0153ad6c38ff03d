// A worker of the counting stage as a process of its own, to be killed:
//
//   node count-process.ts <brokers> <service> <instance id> <state folder>

import { connectStreams } from "../../src/kafka/client.ts";
import { StreamWorker } from "../../src/worker/worker.ts";
import { countStage } from "./count-stage.ts";

const [brokers = "", service = "", instanceId = "", stateDir = ""] = process.argv.slice(2);
const { stage } = countStage({ service });
const client = await connectStreams(stage, {
  brokers: brokers.split(","),
  instanceId,
  sessionTimeoutMs: 6_000,
  transactionTimeoutMs: 4_000,
  heartbeatIntervalMs: 300,
});
await new StreamWorker(stage, client, { stateDir, checkpointIntervalMs: 200 }).run();

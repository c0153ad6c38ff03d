// A worker of the counting stage as a process of its own, to be killed:
//
//   node count-process.ts <brokers> <service> <instance id> <state folder, or nothing> <standby replicas>

import { StreamsError } from "../../src/errors.ts";
import { connectStreams } from "../../src/kafka/client.ts";
import { StreamWorker } from "../../src/worker/worker.ts";
import { countStage } from "./count-stage.ts";

const [brokers = "", service = "", instanceId = "", stateDir = "", standbys = "0"] = process.argv.slice(2);
const { stage } = countStage({ service });
const client = await connectStreams(stage, {
  brokers: brokers.split(","),
  instanceId,
  sessionTimeoutMs: 6_000,
  transactionTimeoutMs: 4_000,
  heartbeatIntervalMs: 300,
  standbyReplicas: Number(standbys),
});
const options = { ...(stateDir === "" ? {} : { stateDir }), checkpointIntervalMs: 200 };
await new StreamWorker(stage, client, options, {
  copyFailed: ({ error }) => {
    const code = error instanceof StreamsError ? error.code : String(error);
    process.stdout.write(`copy failed: ${code}\n`);
  },
}).run();

// What a record costs in the Kafka client by itself, beside stock kafkajs.
//
//   node bench/client.ts [thousands of records per case]        default 300
//
// What is measured, and how, stands in packages/streams/test/conformance/client-cost.ts: it needs the client's inside,
// which only its own package may import.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { wholeNumber } from "@riffle/infra/command-line/values";

const script = fileURLToPath(new URL("../packages/streams/test/conformance/client-cost.ts", import.meta.url));
const { thousands } = commandLine({
  command: "node bench/client.ts",
  does: "What a record costs in the Kafka client by itself, beside stock kafkajs.",
  operands: { thousands: wholeNumber("thousands of records per case", 300, { min: 1 }) },
});
const { status } = spawnSync(process.execPath, [script, String(thousands)], { stdio: "inherit" });
process.exit(status ?? 1);

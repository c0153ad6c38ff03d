// What a record costs in the Kafka client by itself, beside stock kafkajs.
//
//   node bench/client.ts [thousands of records per case]        default 300
//
// What is measured, and how, stands in packages/streams/test/conformance/client-cost.ts: it needs the client's inside,
// which only its own package may import.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../packages/streams/test/conformance/client-cost.ts", import.meta.url));
const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(status ?? 1);

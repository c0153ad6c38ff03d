// What exactly-once costs beside the same engine committing at least once.
//
//   node bench/guarantee.ts [thousands of records a run] [commit interval, ms]        default 300, 100
//
// What is measured, and how, stands in packages/streams/test/conformance/guarantee-cost.ts: it needs the client's inside,
// which only its own package may import.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(
  new URL("../packages/streams/test/conformance/guarantee-cost.ts", import.meta.url),
);
const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(status ?? 1);

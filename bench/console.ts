// The console's read model: how many records a second it applies, and how long a rebuild takes.
//
//   node bench/console.ts apply [thousands of records] [turns]       default 300 3
//   node bench/console.ts rebuild [thousands of records] [turns]     default 1000 3
//
// What is measured, and how, stands in services/console/test/load/run.ts: it needs the inside of the service, which only
// its own package may import.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../services/console/test/load/run.ts", import.meta.url));
process.exitCode =
  spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: "inherit" }).status ?? 1;

// The console's live feed: what it costs, what it withstands.
//
//   node bench/console-feed.ts disconnects [cuts] [events a second] [clients]      default 1000 2000 10
//   node bench/console-feed.ts clients [clients] [events a second] [seconds]       default 500 100 20
//   node bench/console-feed.ts slow [seconds a run] [events a second] [clients]    default 15 2000 5
//
// After `npx -y pnpm@10 build`. What is loaded, and how, stands in services/console/test/load/feed.ts: it needs the inside
// of the service, which only its own package may import.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../services/console/test/load/feed.ts", import.meta.url));
process.exitCode =
  spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: "inherit" }).status ?? 1;

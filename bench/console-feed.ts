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
import { commandForm } from "@riffle/infra/command-line/command-forms";
import { number, wholeNumber } from "@riffle/infra/command-line/values";

const script = fileURLToPath(new URL("../services/console/test/load/feed.ts", import.meta.url));
const clients = (standard: number) => wholeNumber("how many at once", standard, { min: 1 });
const rate = (standard: number) => number("events a second", standard, { min: 1 });
const given = commandForm({
  command: "node bench/console-feed.ts",
  does: "The console's live feed: what it costs, what it withstands.",
  forms: {
    disconnects: {
      does: "clients that are cut off again and again miss nothing and see nothing twice",
      operands: {
        cuts: wholeNumber("how many in all", 1_000, { min: 1 }),
        rate: rate(2_000),
        clients: clients(10),
      },
    },
    clients: {
      does: "CPU and memory with so many clients",
      operands: {
        clients: clients(500),
        rate: rate(100),
        seconds: number("each measurement", 20, { min: 0.1 }),
      },
    },
    slow: {
      does: "one client that reads nothing beside others",
      operands: { seconds: number("a run", 15, { min: 0.1 }), rate: rate(2_000), clients: clients(5) },
    },
  },
});
const numbers = (): readonly number[] => {
  switch (given.form) {
    case "disconnects":
      return [given.cuts, given.rate, given.clients];
    case "clients":
      return [given.clients, given.rate, given.seconds];
    case "slow":
      return [given.seconds, given.rate, given.clients];
  }
};
const args = [given.form, ...numbers().map(String)];
process.exitCode = spawnSync(process.execPath, [script, ...args], { stdio: "inherit" }).status ?? 1;

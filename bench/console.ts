// The console's read model: how many records a second it applies, and how long a rebuild takes.
//
//   node bench/console.ts apply [thousands of records] [turns]       default 300 3
//   node bench/console.ts rebuild [thousands of records] [turns]     default 1000 3
//
// What is measured, and how, stands in services/console/test/load/run.ts: it needs the inside of the service, which only
// its own package may import.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { commandForm } from "@riffle/infra/command-line/command-forms";
import { number, wholeNumber } from "@riffle/infra/command-line/values";

const script = fileURLToPath(new URL("../services/console/test/load/run.ts", import.meta.url));
const turns = wholeNumber("how often", 3, { min: 1 });
const thousands = (standard: number) => number("thousands of records", standard, { min: 0.001 });
const given = commandForm({
  command: "node bench/console.ts",
  does: "The console's read model: how many records a second it applies, and how long a rebuild takes.",
  forms: {
    apply: { does: "applies records that are in memory", operands: { thousands: thousands(300), turns } },
    rebuild: { does: "reads them from topics", operands: { thousands: thousands(1_000), turns } },
  },
});
const args = [given.form, given.thousands, given.turns].map(String);
process.exitCode = spawnSync(process.execPath, [script, ...args], { stdio: "inherit" }).status ?? 1;

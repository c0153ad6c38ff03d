// What exactly-once costs beside the same engine committing at least once.
//
//   node bench/guarantee.ts [thousands of records a run] [commit interval, ms]        default 300, 100
//
// What is measured, and how, stands in packages/streams/test/conformance/guarantee-cost.ts: it needs the client's inside,
// which only its own package may import.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { number, wholeNumber } from "@riffle/infra/command-line/values";

const script = fileURLToPath(
  new URL("../packages/streams/test/conformance/guarantee-cost.ts", import.meta.url),
);
const { thousands, intervalMs } = commandLine({
  command: "node bench/guarantee.ts",
  does: "What exactly-once costs beside the same engine committing at least once.",
  operands: {
    thousands: number("thousands of records a run", 300, { min: 0.001 }),
    intervalMs: wholeNumber("commit interval, milliseconds", 100, { min: 1 }),
  },
});
const given = [thousands, intervalMs].map(String);
const { status } = spawnSync(process.execPath, [script, ...given], { stdio: "inherit" });
process.exit(status ?? 1);

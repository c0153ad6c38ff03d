// The edge: what it costs, what it withstands.
//
//   node bench/ingest.ts fuzz [requests] [seed]        default 300000 42
//   node bench/ingest.ts single [thousands a turn] [brokers: 1 or 3]     default 40 1
//   node bench/ingest.ts ndjson [thousands a turn] [brokers: 1 or 3]     default 100 1
//   node bench/ingest.ts outage [seconds] [cut or silent]          default 30 and both
//
// After `npx -y pnpm@10 build`. What is fuzzed, and how, stands in services/ingest/test/fuzz/run.ts: it needs the inside
// of the service, which only its own package may import.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compare, ndjson, single } from "./ingest-cost.ts";
import { outageKinds, outages } from "./ingest-outage.ts";

const [what, ...numbers] = process.argv.slice(2);
const first = (standard: number): number => Number(numbers[0] ?? standard);
const brokers = numbers[1] === "3" ? 3 : 1;

switch (what) {
  case "fuzz": {
    const script = fileURLToPath(new URL("../services/ingest/test/fuzz/run.ts", import.meta.url));
    process.exitCode = spawnSync(process.execPath, [script, ...numbers], { stdio: "inherit" }).status ?? 1;
    break;
  }
  case "single":
    await compare({
      kinds: ["ingest", "no-kafka", "await-send"],
      aims: [
        { figure: "CPU", over: "no-kafka", aim: { atMost: 2 } },
        { figure: "rate", over: "await-send", aim: { atLeast: 4 } },
      ],
      measure: single,
      count: first(40) * 1_000,
      brokers,
    });
    break;
  case "ndjson":
    await compare({
      kinds: ["ingest", "ndjson"],
      aims: [{ figure: "CPU", over: "ndjson", aim: { atMost: 1 / 6 } }],
      measure: ndjson,
      count: first(100) * 1_000,
      brokers,
    });
    break;
  case "outage":
    await outages(
      outageKinds.filter((kind) => (numbers[1] ?? kind) === kind),
      first(30),
    );
    break;
  default:
    process.stderr.write("say what: fuzz, single, ndjson or outage\n");
    process.exitCode = 64;
}

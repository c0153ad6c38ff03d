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
import { commandForm } from "@riffle/infra/command-line/command-forms";
import { choice, number, wholeNumber } from "@riffle/infra/command-line/values";
import { compare, ndjson, single } from "./ingest-cost.ts";
import { outageKinds, outages } from "./ingest-outage.ts";

const turn = (standard: number) => number("thousands of transactions", standard, { min: 0.001 });
const brokers = choice("so many hold each record", ["1", "3"], "1");
const given = commandForm({
  command: "node bench/ingest.ts",
  does: "The edge: what it costs, what it withstands.",
  forms: {
    fuzz: {
      does: "requests made by a grammar: none is answered 5xx, what is accepted is in Kafka once",
      operands: {
        requests: wholeNumber("how many", 300_000, { min: 1 }),
        seed: wholeNumber("of the requests", 42),
      },
    },
    single: { does: "CPU of single POSTs beside plain servers", operands: { thousands: turn(40), brokers } },
    ndjson: { does: "CPU of batches beside a plain server", operands: { thousands: turn(100), brokers } },
    outage: {
      does: "500 requests a second while the broker is out of reach",
      operands: {
        seconds: number("how long it is", 30, { min: 1 }),
        kind: choice("how it is; else both, in turn", outageKinds, undefined),
      },
    },
  },
});

switch (given.form) {
  case "fuzz": {
    const script = fileURLToPath(new URL("../services/ingest/test/fuzz/run.ts", import.meta.url));
    const numbers = [given.requests, given.seed].map(String);
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
      count: given.thousands * 1_000,
      brokers: given.brokers === "3" ? 3 : 1,
    });
    break;
  case "ndjson":
    await compare({
      kinds: ["ingest", "ndjson"],
      aims: [{ figure: "CPU", over: "ndjson", aim: { atMost: 1 / 6 } }],
      measure: ndjson,
      count: given.thousands * 1_000,
      brokers: given.brokers === "3" ? 3 : 1,
    });
    break;
  case "outage":
    await outages(
      outageKinds.filter((kind) => (given.kind ?? kind) === kind),
      given.seconds,
    );
}

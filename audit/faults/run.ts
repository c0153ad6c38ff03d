// `pnpm run audit:faults`: a campaign from the command line.
//
//   pnpm run audit:faults                        one round of the short mix, seed 1
//   pnpm run audit:faults --minutes 30 --seed 7  rounds until half an hour has passed
//   pnpm run audit:faults --mix long --rate 400 --batches 16 --batch-size 50 --minutes 54
//                                                what the ledger's long runs are
//
// Prints the ledger entry, and adds it to audit/ledger.jsonl with --ledger. Ends with 1 when a promise was broken; with 2
// when none was, but a fault was not injected as often as the mix says, or hardly any work was done: then the campaign
// proves less than it should, and is to be run again.

import { parseArgs } from "node:util";
import { failPoints } from "@riffle/streams";
import { runCampaign } from "./campaign.ts";
import { type LedgerEntry, record } from "./ledger.ts";
import { type FaultMix, longMix, shortMix } from "./plan.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    mix: { type: "string", default: "short" },
    minutes: { type: "string", default: "0" },
    rate: { type: "string", default: "150" },
    singles: { type: "string", default: "4" },
    batches: { type: "string", default: "4" },
    "batch-size": { type: "string", default: "25" },
    ledger: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
const minutes = Number(values.minutes);
const mix = values.mix === "long" ? longMix : shortMix;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Less than this a second, and the attack has stopped the pipeline instead of testing it. */
const acceptedPerSecondMin = 10;

/** A look takes two seconds and a pause; brokers that die cut some short. */
const looksMin = 10;

const sum = (faults: LedgerEntry["faults"], prefix: string): number =>
  Object.entries(faults).reduce((total, [name, count]) => total + (name.startsWith(prefix) ? count : 0), 0);

/** What was owed and not done. Only a whole round owes the mix. */
const shortcomings = ({ faults, effects, sometimes }: LedgerEntry, mix: FaultMix): string[] => {
  const owed: readonly (readonly [string, number, number])[] = [
    ["kill -9 at random", sum(faults, "kill "), mix.kills],
    ["kills at fail-points", sum(faults, "fail-point "), failPoints.length * mix.failPoints],
    ["zombies", sum(faults, "zombie "), mix.zombies],
    ["EndTxn frames harmed", sum(faults, "EndTxn "), mix.endTxns],
    ["damaged copies of state", sum(faults, "torn state "), mix.tornStates],
    ["brokers killed", sum(faults, "broker killed"), mix.brokerKills],
    ["looks at atomicity", effects["looksAtAtomicity"] ?? 0, looksMin],
    ["dead letters", effects["deadLetters"] ?? 0, 1],
    ["accepted a second", effects["acceptedPerSecond"] ?? 0, acceptedPerSecondMin],
  ];
  return [
    ...owed
      .filter(([, found, least]) => found < least)
      .map(([what, found, least]) => `${what}: ${found}, at least ${least} are owed`),
    ...Object.entries(sometimes)
      .filter(([, count]) => count === 0)
      .map(([name]) => `never seen: ${name}`),
  ];
};

const entry = await runCampaign({
  seed,
  minutes,
  rate: Number(values.rate),
  connections: {
    singles: Number(values.singles),
    batches: Number(values.batches),
    batchSize: Number(values["batch-size"]),
  },
  mix,
  say,
});
say(JSON.stringify(entry, null, 2));
if (values.ledger) record(entry);
const short = shortcomings(entry, mix);
for (const line of [...entry.violations, ...short]) say(`✗ ${line}`);
if (entry.violations.length + short.length === 0) say("0 lost, 0 duplicated, 0 torn");
else say(`the same again: pnpm run audit:faults ${process.argv.slice(2).join(" ")} --seed ${seed}`);
if (entry.violations.length > 0) process.exitCode = 1;
else process.exitCode = short.length > 0 ? 2 : 0;

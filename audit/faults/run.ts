// `pnpm run audit:faults`: a campaign from the command line.
//
//   pnpm run audit:faults                        one round of the short mix, seed 1
//   pnpm run audit:faults --minutes 30 --seed 7  rounds until half an hour has passed
//   pnpm run audit:faults --mix long --rate 400 --batches 16 --batch-size 50 --minutes 54
//                                                what the ledger's long runs are
//
// Prints the ledger entry, and adds it to audit/ledger.jsonl with --ledger. Ends with 1 when a promise was broken or the
// campaign could not go on; with 2 when none was, but something is missing that is owed (owed.ts): then the campaign proves
// less than it should, and is to be run again. Either way it says how to have the same plan once more.

import { parseArgs } from "node:util";
import { runCampaign } from "./campaign.ts";
import { record } from "./ledger.ts";
import { shortcomings } from "./owed.ts";
import { longMix, shortMix } from "./plan.ts";

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
else {
  const given = process.argv.slice(2).join(" ");
  const withSeed = given.includes("--seed") ? given : `${given} --seed ${seed}`;
  say(`the same plan again: npx -y pnpm@10 audit:faults ${withSeed.trim()}`);
}
if (entry.violations.length > 0) process.exitCode = 1;
else process.exitCode = short.length > 0 ? 2 : 0;

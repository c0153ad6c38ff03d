// `pnpm run audit:faults`: a campaign from the command line.
//
//   pnpm run audit:faults                        one round of the short mix, seed 1
//   pnpm run audit:faults --minutes 30 --seed 7  rounds until half an hour has passed
//   pnpm run audit:faults --mix long --rate 400 --batches 16 --batch-size 50 --minutes 54
//                                                what the ledger's long runs are
//
// Prints the ledger entry, and adds it to audit/ledger.jsonl with --ledger. Ends with 1 when a promise was broken or the
// campaign could not go on; with 2 when none was, but something is missing that is owed (owed.ts): then the campaign proves
// less than it should, and is to be run again. Either way it says how to have the same plan once more. With 64 when the
// arguments were not understood.

import { commandLine } from "@riffle/infra/command-line/command-line";
import { choice, flag, number, wholeNumber } from "@riffle/infra/command-line/values";
import { runCampaign } from "./campaign.ts";
import { campaignMinutesMax, roundMinutesMax } from "./event-clock.ts";
import { record } from "./ledger.ts";
import { shortcomings } from "./owed.ts";
import { longMix, shortMix } from "./plan.ts";

const values = commandLine({
  command: "npx -y pnpm@10 audit:faults",
  does: "Runs the whole pipeline under attack, and compares every topic with what must be there.",
  options: {
    seed: wholeNumber("of the plan of faults: the same seed, the same plan", 1, {
      min: Number.MIN_SAFE_INTEGER,
    }),
    mix: choice("how many faults of each kind", ["short", "long"], "short"),
    minutes: number(
      `rounds until so long has passed, at most ${campaignMinutesMax}; 0 is one round, of at most ${roundMinutesMax} minutes`,
      0,
      { max: campaignMinutesMax },
    ),
    rate: number("transactions a second", 150, { min: 1 }),
    singles: wholeNumber("single requests under way at once", 4),
    batches: wholeNumber("batches under way at once", 4),
    "batch-size": wholeNumber("transactions in a batch", 25, { min: 1 }),
    ledger: flag("adds a line to audit/ledger.jsonl"),
  },
  refusedWith: 64,
});
const { seed, minutes } = values;
const mix = values.mix === "long" ? longMix : shortMix;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const attacked = await runCampaign({
  seed,
  minutes,
  rate: values.rate,
  connections: {
    singles: values.singles,
    batches: values.batches,
    batchSize: values["batch-size"],
  },
  mix,
  say,
});
const short = shortcomings(attacked, mix);
const entry = { ...attacked, mix: values.mix, missing: short };
say(JSON.stringify(entry, null, 2));
if (values.ledger) record(entry);
for (const line of [...entry.violations, ...short]) say(`✗ ${line}`);
if (entry.violations.length + short.length === 0) say("0 lost, 0 duplicated, 0 torn");
else {
  const given = process.argv.slice(2).join(" ");
  const withSeed = given.includes("--seed") ? given : `${given} --seed ${seed}`;
  say(`the same plan again: npx -y pnpm@10 audit:faults ${withSeed.trim()}`);
}
if (entry.violations.length > 0) process.exitCode = 1;
else process.exitCode = short.length > 0 ? 2 : 0;

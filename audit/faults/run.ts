// `pnpm run audit:faults`: a campaign from the command line.
//
//   pnpm run audit:faults                        one round of the short mix, seed 1
//   pnpm run audit:faults --minutes 30 --seed 7  rounds until half an hour has passed
//
// Prints the ledger entry, and adds it to audit/ledger.jsonl with --ledger. Ends with 1 when a promise was broken; with 2
// when none was, but a fault was not injected as often as the mix says, or hardly any work was done: then the campaign
// proves less than it should, and is to be run again.

import { parseArgs } from "node:util";
import { failPoints } from "@riffle/streams";
import { runCampaign } from "./campaign.ts";
import { type LedgerEntry, record } from "./ledger.ts";
import { type FaultMix, shortMix } from "./plan.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "0" },
    rate: { type: "string", default: "150" },
    ledger: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
const minutes = Number(values.minutes);

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Less than this a second, and the attack has stopped the pipeline instead of testing it. */
const acceptedPerSecondMin = 10;

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

const entry = await runCampaign({ seed, minutes, rate: Number(values.rate), mix: shortMix, say });
say(JSON.stringify(entry, null, 2));
if (values.ledger) record(entry);
const short = shortcomings(entry, shortMix);
for (const line of [...entry.violations, ...short]) say(`✗ ${line}`);
if (entry.violations.length + short.length === 0) say("0 lost, 0 duplicated, 0 torn");
else say(`the same again: pnpm run audit:faults --seed ${seed}${minutes > 0 ? ` --minutes ${minutes}` : ""}`);
if (entry.violations.length > 0) process.exitCode = 1;
else process.exitCode = short.length > 0 ? 2 : 0;

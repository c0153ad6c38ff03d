// `pnpm run rehearse:brokers`: three brokers with three copies of everything, each killed in turn under load.
//
//   pnpm run rehearse:brokers --on compose       docker-compose.yml, profile `ha`
//   pnpm run rehearse:brokers --on jvm           three JVMs and five processes of this machine
//
// Prints what was accepted and what had to be repeated around each loss, and the longest time without a 202. Ends with 1
// when anything was lost, doubled, or answered 202 without being there.

import { setTimeout as delay } from "node:timers/promises";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { choice, number, wholeNumber } from "@riffle/infra/command-line/values";
import { ExactTraffic, outcomeLines } from "./exact-traffic.ts";
import { rehearse } from "./rehearse.ts";
import { composeBrokers, localBrokers, type ThreeBrokers } from "./three-brokers.ts";
import { StallWatch, timeline } from "./timeline.ts";

const values = commandLine({
  command: "npx -y pnpm@10 rehearse:brokers",
  does: "Three brokers with three copies of everything; each is killed in turn under load, and nothing may be lost.",
  options: {
    on: choice(
      "where the brokers run: containers, or processes of this machine",
      ["compose", "jvm"],
      "compose",
    ),
    rate: number("transactions a second", 100, { min: 1 }),
    seed: wholeNumber("of the transactions", 1, { min: Number.MIN_SAFE_INTEGER }),
  },
});

/** Load before a loss, without the broker, and after it is back. */
const phaseMs = 12_000;
const phaseMsMax = 60_000;
/** Longer than between two answers of a pipeline that works. */
const standstillMs = 1_000;
const drainWithinMs = 180_000;

const say = timeline();
let cluster: ThreeBrokers | undefined;
let traffic: ExactTraffic | undefined;

/** Lets a phase pass and says what was answered in it. One that ends in a standstill is as long as that is. */
const phase = async (load: ExactTraffic, what: string): Promise<void> => {
  const [accepted, attempts] = [load.accepted, load.attempts];
  const watch = new StallWatch(() => load.accepted);
  const startedAt = performance.now();
  await delay(phaseMs);
  while (watch.standingMs > standstillMs && performance.now() - startedAt < phaseMsMax) await delay(100);
  const [taken, tried] = [load.accepted - accepted, load.attempts - attempts];
  const standstill = watch.stop().toFixed(1);
  say(
    `${what}: ${taken} accepted, ${Math.max(0, tried - taken)} repeated, at most ${standstill} s without a 202`,
  );
};

const run = async (): Promise<void> => {
  cluster = await (values.on === "jvm" ? localBrokers(say) : composeBrokers(say));
  traffic = new ExactTraffic(cluster, values.seed);
  say(`the pipeline is ready; ${values.rate} transactions a second from now on`);
  traffic.start(values.rate);
  await phase(traffic, "all three brokers");
  for (const broker of [1, 2, 3]) {
    say(`broker ${broker} is killed`);
    await cluster.kill(broker);
    await phase(traffic, `without broker ${broker}`);
    await cluster.restart(broker);
    say(`broker ${broker} is back`);
    await phase(traffic, "all three brokers");
  }
  const outcome = await traffic.verdict(drainWithinMs);
  for (const line of outcomeLines(outcome)) say(line);
  if (outcome.violations.length > 0) process.exitCode = 1;
};

await rehearse(run, async () => {
  await traffic?.close();
  await cluster?.stop();
});

// `pnpm run rehearse:kubernetes`: the overlay `rehearsal` in a real cluster with KEDA, or with `--autoscaler hpa` the overlay
// `rehearsal-hpa` in one without, under load all the time:
//
//   1. a backlog makes the autoscaler scale the fraud-detector from 1 to 3 replicas, and back to 1 when it is gone;
//   2. the load pauses, and a second replica is held in its restore: it is not scaled in until it is ready;
//   3. a pod is deleted, another is killed without a grace period;
//   4. a StatefulSet is drained to nothing, and comes back because its input has lag; by hand where no KEDA wakes it;
//   5. a rolling update of ingest, the filter and the fraud-detector.
//
// In the end the topics are compared with the reference model to the record, and the console is asked for the passport of
// a transaction. Ends with 1 when anything was lost, doubled, or answered 202 without being there, and when a step does
// not come about. The images must be known to the cluster (docs/deploy.md).

import { setTimeout as delay } from "node:timers/promises";
import { topics } from "@riffle/contracts";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { choice, flag, number, wholeNumber } from "@riffle/infra/command-line/values";
import { untilDrained } from "../pipeline/drained.ts";
import {
  applyOverlay,
  kubectl,
  LagReader,
  nodePorts,
  removeOverlay,
  replicasOf,
  requireNoMetricsServer,
  untilReplicas,
  untilRolledOut,
} from "./cluster.ts";
import { autoscalers } from "./cluster-autoscaler.ts";
import { checkConsole } from "./console-check.ts";
import { ExactTraffic, outcomeLines } from "./exact-traffic.ts";
import { holdInRestore } from "./held-restore.ts";
import { rehearse } from "./rehearse.ts";
import { StallWatch, timeline } from "./timeline.ts";

const values = commandLine({
  command: "npx -y pnpm@10 rehearse:kubernetes",
  does: "Applies an overlay to a real cluster and disturbs it under load: scaled by lag, pods deleted, a rolling update.",
  options: {
    rate: number("transactions a second", 20, { min: 1 }),
    backlog: wholeNumber("transactions that wait at the beginning", 60_000, { min: 1 }),
    seed: wholeNumber("of the transactions", 1, { min: Number.MIN_SAFE_INTEGER }),
    keep: flag("leaves everything in the cluster at the end"),
    autoscaler: choice("what scales", Object.keys(autoscalers), "keda"),
  },
});

const autoscaler = autoscalers[values.autoscaler]?.(kubectl);
if (autoscaler === undefined)
  throw new Error(`there is no autoscaler ${values.autoscaler}; say --autoscaler keda or hpa`);

const scaled = "fraud-detector";
const lookEveryMs = 5_000;
const scaleWithinMs = 600_000;
const consoleWithinMs = 120_000;

const say = timeline();

/** Prints replicas and lag every few seconds, where they have changed. */
class ScaleLog {
  readonly #lag: LagReader;
  #ended = false;
  readonly #done: Promise<void>;

  constructor(lag: LagReader) {
    this.#lag = lag;
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    for (let last = ""; !this.#ended; await delay(lookEveryMs)) {
      const line = await this.#look().catch(() => undefined);
      if (line !== undefined && line !== last) say(line);
      last = line ?? last;
    }
  }

  async #look(): Promise<string> {
    const { wanted, ready } = await replicasOf(scaled);
    const lag = await this.#lag.lagOf(scaled, topics.transactionsScreened.name);
    return `  ${scaled}: ${wanted} replicas wanted, ${ready} ready, lag ${lag}`;
  }
}

const scaleByLag = async (traffic: ExactTraffic, lag: LagReader): Promise<void> => {
  const log = new ScaleLog(lag);
  try {
    say(`a backlog of ${values.backlog} transactions`);
    await traffic.backlog(values.backlog);
    await untilReplicas(scaled, 3, scaleWithinMs);
    say("scaled out to 3");
    await untilReplicas(scaled, 1, scaleWithinMs);
    say("scaled in to 1");
  } finally {
    await log.stop();
  }
};

/** Without load, so that no lag could be what keeps the replicas. */
const scaleInWaits = async (traffic: ExactTraffic): Promise<void> => {
  await traffic.pause();
  await untilDrained(nodePorts.brokers, ["filter", scaled], scaleWithinMs);
  await holdInRestore({ kubectl, autoscaler, replicasOf, untilReplicas }, scaled, say);
  traffic.start(values.rate);
};

const disturb = async (traffic: ExactTraffic): Promise<void> => {
  const watch = new StallWatch(() => traffic.accepted);
  say(`pod ${scaled}-0 is deleted`);
  await kubectl("delete", "pod", `${scaled}-0`);
  await untilRolledOut(`statefulset/${scaled}`);
  say("pod filter-0 is killed without a grace period");
  await kubectl("delete", "pod", "filter-0", "--grace-period=0", "--force");
  await untilRolledOut("statefulset/filter");
  say("aggregator is drained to nothing");
  await kubectl("scale", "statefulset", "aggregator", "--replicas=0");
  await untilReplicas("aggregator", 0, scaleWithinMs);
  if (!autoscaler.wakes) await kubectl("scale", "statefulset", "aggregator", "--replicas=1");
  await untilReplicas("aggregator", 1, scaleWithinMs);
  say(`aggregator is back, ${autoscaler.wakes ? "by its lag" : "by hand"}`);
  say("rolling update");
  await kubectl("rollout", "restart", "deployment/ingest", "statefulset/filter", `statefulset/${scaled}`);
  for (const workload of ["deployment/ingest", "statefulset/filter", `statefulset/${scaled}`])
    await untilRolledOut(workload);
  say(`rolled out; at most ${watch.stop().toFixed(1)} s without a 202`);
};

let traffic: ExactTraffic | undefined;
let lag: LagReader | undefined;
let isApplied = false;

const run = async (): Promise<void> => {
  if (autoscaler.bringsAdapter) await requireNoMetricsServer();
  say(`kubectl apply -k ${autoscaler.overlay}`);
  isApplied = true;
  await applyOverlay(autoscaler);
  say("every service is ready");
  traffic = new ExactTraffic(nodePorts, values.seed);
  lag = await LagReader.open();
  traffic.start(values.rate);
  await scaleByLag(traffic, lag);
  await scaleInWaits(traffic);
  await disturb(traffic);
  const outcome = await traffic.verdict(scaleWithinMs);
  for (const line of outcomeLines(outcome)) say(line);
  if (outcome.violations.length > 0) process.exitCode = 1;
  say(await checkConsole(nodePorts.consoleUrl, consoleWithinMs));
};

await rehearse(run, async () => {
  await traffic?.close();
  await lag?.close();
  if (isApplied && !values.keep) await removeOverlay(autoscaler);
});

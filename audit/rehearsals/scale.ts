// `pnpm run rehearse:scale`: autoscaling on lag without a cluster. A pipeline of this machine is loaded; replicas of the
// fraud-detector, processes of their own, are added and removed by the rule of the HorizontalPodAutoscaler.
//
//   1. a steady load that one replica bears;
//   2. a backlog: the lag rises, replicas are added, the lag falls;
//   3. the backlog is gone: replicas are removed, one by one, until one is left.
//
// Prints each change with the seconds in which the group committed nothing though records waited. Ends with 1 when anything
// was lost, doubled, or answered 202 without being there; when the replicas went up and down more than once; or when the
// lag did not fall. The windows of time are those of k8s/components/keda, ten times shorter.

import { setTimeout as delay } from "node:timers/promises";
import { topics } from "@riffle/contracts";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { number, wholeNumber } from "@riffle/infra/command-line/values";
import { type RunningKafka, startKafka } from "@riffle/infra/kafka";
import { type ClusterAdmin, connectAdmin } from "@riffle/streams/kafka";
import { createTopics, RunningPipeline } from "../pipeline/running-pipeline.ts";
import { Autoscaler, turnsOf } from "./autoscaler.ts";
import { ExactTraffic, outcomeLines, rehearsalEnvironment } from "./exact-traffic.ts";
import { GroupProgress } from "./group-progress.ts";
import { rehearse } from "./rehearse.ts";
import { timeline } from "./timeline.ts";
import { anyOnTheWay, metricsPages } from "./worker-phase.ts";

const values = commandLine({
  command: "npx -y pnpm@10 rehearse:scale",
  does: "Adds and removes replicas of the fraud-detector by the rule of the HorizontalPodAutoscaler, under load.",
  options: {
    rate: number("transactions a second", 50, { min: 1 }),
    backlog: wholeNumber("transactions that wait at the beginning", 60_000, { min: 1 }),
    target: number("how far one replica may be behind, in records", 1_000, { min: 1 }),
    max: wholeNumber("replicas at most", 3, { min: 1 }),
    seed: wholeNumber("of the transactions", 1, { min: Number.MIN_SAFE_INTEGER }),
  },
});

const scaled = "fraud-detector";
const lookEveryMs = 1_000;
/** After a change: the group notices a moment later who has come or gone. */
const settleMs = 5_000;
const scaleWithinMs = 600_000;
const drainWithinMs = 180_000;
const autoscaler = new Autoscaler({
  min: 1,
  max: values.max,
  target: values.target,
  upMax: 3,
  upPeriodMs: 6_000,
  stabilisationMs: 30_000,
  downPeriodMs: 12_000,
});

const say = timeline();
const running: {
  kafka?: RunningKafka;
  pipeline?: RunningPipeline;
  admin?: ClusterAdmin;
  progress?: GroupProgress;
  traffic?: ExactTraffic;
} = {};

/** Adds and removes processes until one is left again; what the numbers of replicas and the lags were. */
const scaleUntilDone = async (
  pipeline: RunningPipeline,
  progress: GroupProgress,
): Promise<{ replicas: number[]; highest: number; atMost: number }> => {
  /** Numbers of the instances beside the first. */
  const added: number[] = [];
  const replicas = [1];
  let [highest, atMost] = [0, 0];
  const deadline = performance.now() + scaleWithinMs;
  for (let wasAbove = false; performance.now() < deadline; await delay(lookEveryMs)) {
    const { lag } = progress;
    highest = Math.max(highest, lag);
    const now = added.length + 1;
    // One that was added is ready before the next look; those that stay take over from one that was removed.
    const isRestoring = anyOnTheWay(await metricsPages(pipeline.adminPortsOf(scaled)));
    const wanted = autoscaler.decide({ nowMs: performance.now(), replicas: now, lag, isRestoring });
    if (wanted !== now) {
      progress.takeStandstill();
      say(`  lag ${lag}: ${now} → ${wanted} replicas`);
      await change(pipeline, added, wanted - now);
      replicas.push(wanted);
      await delay(settleMs);
      const standstill = progress.takeStandstill();
      atMost = Math.max(atMost, standstill);
      say(
        `  ${wanted} replicas are ready, lag ${progress.lag}; at most ${standstill.toFixed(1)} s without a commit`,
      );
    }
    wasAbove ||= added.length > 0;
    if (wasAbove && added.length === 0) return { replicas, highest, atMost };
  }
  throw new Error(
    `not within ${scaleWithinMs / 1_000} s: up and back to one replica; ${replicas.join(", ")}`,
  );
};

const change = async (pipeline: RunningPipeline, added: number[], by: number): Promise<void> => {
  for (let left = by; left > 0; left--) added.push(await pipeline.addReplica(scaled));
  for (let left = by; left < 0; left++) {
    const number = added.pop();
    if (number !== undefined) await pipeline.removeReplica(scaled, number);
  }
};

const run = async (): Promise<void> => {
  const kafka = await startKafka({ onProgress: say });
  running.kafka = kafka;
  const { brokers } = kafka;
  await createTopics(brokers);
  const pipeline = await RunningPipeline.start({
    brokers,
    services: ["ingest", "filter", "aggregator", "fraud-detector", "notifier"],
    env: rehearsalEnvironment,
  });
  running.pipeline = pipeline;
  const traffic = new ExactTraffic({ brokers, ingestUrl: pipeline.ingestUrl }, values.seed);
  running.traffic = traffic;
  running.admin = await connectAdmin({ brokers, clientId: "rehearsal-lag" });
  const progress = new GroupProgress(running.admin, scaled, topics.transactionsScreened.name);
  running.progress = progress;
  say(`${kafka.description}; ${values.rate} transactions a second from now on`);
  traffic.start(values.rate);
  await traffic.backlog(values.backlog);
  say(`a backlog of ${values.backlog} transactions; one replica may be ${values.target} behind`);
  const { replicas, highest, atMost } = await scaleUntilDone(pipeline, progress);
  const turns = turnsOf(replicas);
  say(
    `replicas ${replicas.join(" → ")}, lag ${highest} at its highest and ${progress.lag} now, at most ${atMost.toFixed(1)} s without a commit at a change`,
  );
  const outcome = await traffic.verdict(drainWithinMs);
  for (const line of outcomeLines(outcome)) say(line);
  if (turns !== 1) say(`✗ the replicas turned ${turns} times between rising and falling`);
  if (outcome.violations.length > 0 || turns !== 1) process.exitCode = 1;
};

await rehearse(run, async () => {
  await running.progress?.stop();
  await running.admin?.close();
  await running.traffic?.close();
  await running.pipeline?.stop();
  await running.kafka?.stop();
});

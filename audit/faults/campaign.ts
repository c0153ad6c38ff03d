// A campaign: the whole pipeline on three real brokers behind proxies, under load and under attack, then healed, drained
// and compared with the reference model to the record.
//
//   start ──► load + faults of processes + faults of the network, side by side ──► heal ──► drain ──► verdict
//
//   CA1. Nothing in the verdict depends on the wall clock: windows close by the last transactions of the load, and event time
//        stays behind it (event-clock.ts).

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseEventTime } from "@riffle/contracts";
import { KafkaProxy } from "@riffle/infra/faults/kafka-proxy";
import { type RunningKafka, startKafka } from "@riffle/infra/kafka";
import { freePorts } from "@riffle/infra/kafka/ports";
import { environmentOf, minutesLongModel } from "../model/options.ts";
import { createTopics, RunningPipeline } from "../pipeline/running-pipeline.ts";
import { WebhookReceiver, webhookSecret } from "../pipeline/webhook-receiver.ts";
import { overflowingPair } from "../workload/poison.ts";
import { closers } from "../workload/preload.ts";
import { makeTransactions } from "../workload/transactions.ts";
import { AtomicityProbe } from "./atomicity.ts";
import { attackMinutesMax, eventTimeFactor, firstEventMs } from "./event-clock.ts";
import { type Attacked, answersFile, brokenOff, campaignChannels, judge } from "./judgement.ts";
import type { LedgerEntry } from "./ledger.ts";
import { Load, type LoadOptions } from "./load.ts";
import { LoadLog } from "./load-log.ts";
import { NetworkInjector } from "./network-injector.ts";
import { type FaultMix, type FaultPlan, type ProcessFault, planFaults, streamServices } from "./plan.ts";
import { PoisonWriter } from "./poison-writer.ts";
import { nearerAtHand, ProcessInjector } from "./process-injector.ts";
import { Sent } from "./sent.ts";
import { Tally } from "./tally.ts";

/** What a campaign is made of. */
export interface CampaignOptions {
  readonly seed: number;
  readonly mix: FaultMix;
  /** Rounds of the mix are repeated until this much time has passed; 0 means one round. At most `campaignMinutesMax`. */
  readonly minutes: number;
  /** Posts a second, at most. */
  readonly rate: number;
  /** Requests under way at once, and how large the batches are. */
  readonly connections: Pick<LoadOptions, "singles" | "batches" | "batchSize">;
  readonly say: (line: string) => void;
}

const services = ["ingest", ...streamServices] as const;
const timeouts = { sessionTimeoutMs: 6_000, transactionTimeoutMs: 4_000 };
const minuteMs = 60_000;
/** Within this of the healing, everything sent has its answer. */
const answeredWithinMs = 180_000;
/** So many transactions have two among them that the aggregator cannot count together. */
const overflowOneOf = 2_000;
/** An account that is silent for so long counts as dormant in `minutesLongModel`. */
const silentMs = 120_000;
/** A fault that did not hit, because something else hit first, is tried again. */
const attemptsMax = 4;

interface Cluster {
  readonly kafka: RunningKafka;
  readonly proxies: readonly KafkaProxy[];
}

const startCluster = async (say: (line: string) => void): Promise<Cluster> => {
  const ports = await freePorts(3);
  const kafka = await startKafka({ brokers: 3, source: "jvm", proxyPorts: ports, onProgress: say });
  const proxies = await Promise.all(
    kafka.nodes.map((node, i) => KafkaProxy.listen(ports[i] ?? 0, node.behindProxy ?? "")),
  );
  return { kafka, proxies };
};

const startPipeline = (
  proxies: readonly KafkaProxy[],
  receiver: WebhookReceiver,
  stateFolder: string,
): Promise<RunningPipeline> =>
  RunningPipeline.start({
    stateFolder,
    brokers: proxies.map(({ port }) => `127.0.0.1:${port}`),
    services,
    restarts: "always",
    env: {
      WEBHOOK_URL: receiver.url,
      WEBHOOK_SECRET: webhookSecret,
      WEBHOOK_ALLOW_PRIVATE_ADDRESSES: "true",
      IDLE_AFTER_MS: "86400000",
      SESSION_TIMEOUT_MS: String(timeouts.sessionTimeoutMs),
      TRANSACTION_TIMEOUT_MS: String(timeouts.transactionTimeoutMs),
      HEARTBEAT_INTERVAL_MS: "1000",
      CHECKPOINT_INTERVAL_MS: "1000",
      LOG_LEVEL: "debug",
      ...environmentOf(minutesLongModel),
    },
  });

/** Traffic without end, in pieces by seed, each later in event time than the last. */
function* traffic(seed: number, startMs: number, rate: number, sent: Sent) {
  const perPiece = 20_000;
  const spanMs = Math.floor((perPiece / rate) * 1_000 * eventTimeFactor);
  for (let piece = 0; ; piece++) {
    const transactions = makeTransactions({
      seed: seed + piece,
      transactions: perPiece,
      accounts: 400,
      startMs: startMs + piece * spanMs,
      spanMs,
      fraudOneOf: 60,
      silentMs,
      prefix: `s${seed}.${piece}`,
    });
    for (const [i, transaction] of transactions.entries()) {
      yield sent.add(transaction);
      if (i % overflowOneOf !== 0) continue;
      const timeMs = parseEventTime(transaction.occurredAt);
      for (const one of overflowingPair(`s${seed}.${piece}-huge-${i}`, timeMs)) yield sent.add(one);
    }
  }
}

/** What the lanes of faults came to. */
interface Lanes {
  readonly rounds: LedgerEntry["rounds"];
  readonly brokeOff: readonly string[];
}

const injectorsOf = (
  { seed, mix, say }: CampaignOptions,
  { kafka, proxies }: Cluster,
  pipeline: RunningPipeline,
  tally: Tally,
) => {
  const processes = new ProcessInjector({
    pipeline,
    tally,
    sessionTimeoutMs: timeouts.sessionTimeoutMs,
    failNextCommit: (service) => {
      for (const proxy of proxies)
        proxy.inject({
          api: "EndTxn",
          of: "answer",
          client: `${service}-${service}-0`,
          action: { kind: "disconnect" },
        });
    },
    say,
  });
  const network = new NetworkInjector({
    proxies,
    nodes: kafka.nodes,
    tally,
    restart: (service) => processes.restart(service),
  });
  const planOf = (round: number): FaultPlan => planFaults(seed + round, mix, kafka.nodes.length);
  return { processes, network, planOf };
};

/** All lanes of faults, each round after round (FP2 in plan.ts). A lane that cannot go on does not end the others. */
const attack = async (
  options: CampaignOptions,
  cluster: Cluster,
  pipeline: RunningPipeline,
  tally: Tally,
): Promise<Lanes> => {
  const { minutes, say } = options;
  const { processes, network, planOf } = injectorsOf(options, cluster, pipeline, tally);
  const until = performance.now() + attackMinutesMax(minutes) * minuteMs;
  const isOver = (): boolean => performance.now() > until;
  const brokeOff: string[] = [];
  /** @returns how many rounds came to their end */
  const lane = async <F>(
    name: string,
    faultsOf: (plan: FaultPlan) => readonly F[],
    inject: (fault: F, attempt: number) => Promise<boolean>,
  ): Promise<number> => {
    let round = 0;
    try {
      do {
        const faults = faultsOf(planOf(round));
        say(`${name}, round ${round + 1}: ${faults.length} faults`);
        if (!(await inTurn(faults, inject, isOver))) {
          say(`${name}, round ${round + 1}: time is over before its end`);
          return round;
        }
        round++;
      } while (minutes > 0);
    } catch (error) {
      brokeOff.push(`the lane of ${name} broke off in round ${round + 1}: ${String(error).split("\n")[0]}`);
    }
    return round;
  };
  const [ofKills, ofProcesses, ofNetwork] = await Promise.all([
    lane("kills", killsOf, (fault) => processes.inject(fault)),
    lane("processes", otherThanKillsOf, (fault, attempt) => processes.inject(nearerAtHand(fault, attempt))),
    lane(
      "network",
      (plan) => plan.network,
      (fault) => network.inject(fault),
    ),
  ]);
  return { rounds: { kills: ofKills, processes: ofProcesses, network: ofNetwork }, brokeOff };
};

const killsOf = ({ processes }: FaultPlan): ProcessFault[] => processes.filter(({ kind }) => kind === "kill");

const otherThanKillsOf = ({ processes }: FaultPlan): ProcessFault[] =>
  processes.filter(({ kind }) => kind !== "kill");

/** @returns false when time was over before the last of them */
const inTurn = async <F>(
  faults: readonly F[],
  inject: (fault: F, attempt: number) => Promise<boolean>,
  isOver: () => boolean,
): Promise<boolean> => {
  for (const fault of faults) {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      if (isOver()) return false;
      if (await inject(fault, attempt)) break;
    }
  }
  return true;
};

/** Load, poison and looks at atomicity while the attack lasts, until everything sent has its answer. */
const underAttack = async (
  options: CampaignOptions,
  cluster: Cluster,
  pipeline: RunningPipeline,
  folder: string,
): Promise<Attacked> => {
  const { say, seed, rate, minutes } = options;
  const { brokers } = cluster.kafka;
  const { ingestUrl } = pipeline;
  const tally = new Tally();
  const sent = new Sent();
  const log = new LoadLog(answersFile(folder));
  const startMs = firstEventMs(minutes, Date.now());
  const startedAt = performance.now();
  const transactions = traffic(seed, startMs, rate, sent);
  const load = new Load({ ingestUrl, log, transactions, rate, ...options.connections });
  const poisoning = await PoisonWriter.start({ brokers, seed, timestampMs: startMs });
  const probe = await AtomicityProbe.start(
    brokers,
    campaignChannels.map(({ name }) => name),
  );
  const lanes = await attack(options, cluster, pipeline, tally);
  for (const proxy of cluster.proxies) proxy.heal();
  const left = await load.stopWithin(answeredWithinMs);
  const poison = await poisoning.stop();
  const torn = await probe.stop();
  const seconds = (performance.now() - startedAt) / 1_000;
  say(`healed after ${seconds.toFixed(0)} s; ${load.accepted} accepted in ${load.attempts} attempts`);
  const last = closers(`s${seed}.end`, Date.now());
  for (const transaction of last) sent.add(transaction);
  const closing = new Load({ ingestUrl, log, transactions: last, rate: 1_000 });
  await Promise.race([closing.done, delay(answeredWithinMs, undefined, { ref: false })]);
  await closing.stopWithin(0);
  const unanswered = left + last.length - closing.accepted;
  log.close();
  const { accepted, attempts } = load;
  return {
    sent,
    load: { accepted, attempts, unanswered },
    tally,
    poison,
    torn,
    looksAtAtomicity: probe.looks,
    seconds,
    ...lanes,
  };
};

/** Runs a campaign. Everything it started has ended when it resolves; what broke it off is in the entry (J1). */
export const runCampaign = async (options: CampaignOptions): Promise<LedgerEntry> => {
  const startedAt = performance.now();
  try {
    return await campaign(options);
  } catch (error) {
    return brokenOff(options.seed, (performance.now() - startedAt) / 1_000, error);
  }
};

const campaign = async (options: CampaignOptions): Promise<LedgerEntry> => {
  const folder = mkdtempSync(join(tmpdir(), "riffle-campaign-"));
  const cluster = await startCluster(options.say);
  const receiver = await WebhookReceiver.listen();
  const { brokers } = cluster.kafka;
  let pipeline: RunningPipeline | undefined;
  try {
    await createTopics(brokers, 3);
    pipeline = await startPipeline(cluster.proxies, receiver, join(folder, "state"));
    const attacked = await underAttack(options, cluster, pipeline, folder);
    return await judge({ seed: options.seed, folder, brokers, pipeline, receiver }, attacked);
  } finally {
    // The verdict stands whatever becomes of the processes after it.
    await pipeline?.stop().catch((error: unknown) => options.say(String(error)));
    await receiver.close();
    await Promise.all(cluster.proxies.map((proxy) => proxy.close()));
    await cluster.kafka.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

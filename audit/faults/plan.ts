// Which faults a campaign injects, in which order: a function of the seed.
//
//   FP1. The same seed and the same mix make the same plan. When a fault hits depends on the machine; what it is, on
//        whom, and what comes after it does not.
//   FP2. Kills, other faults of processes, and faults of the network are three lanes that run side by side and wait for
//        each other at no round, so that a process dies while an answer is held, and a zombie wakes up while a broker is
//        down.

import { type FailPoint, failPoints } from "@riffle/streams";
import { between, pick, type Random, seededRandom } from "../workload/random.ts";

/** The services that process streams; each runs one instance, and now and then two. */
export const streamServices = ["filter", "aggregator", "fraud-detector", "notifier"] as const;
/** One of {@link streamServices}. */
export type StreamService = (typeof streamServices)[number];
/** Services that are killed. */
export type KilledService = StreamService | "ingest";

/** A fault of a process. */
export type ProcessFault =
  | { readonly kind: "kill"; readonly service: KilledService; readonly afterMs: number }
  | {
      readonly kind: "fail-point";
      readonly service: KilledService;
      readonly point: FailPoint;
      readonly hit: number;
    }
  | {
      readonly kind: "zombie";
      readonly service: StreamService;
      readonly point: FailPoint;
      readonly hit: number;
    }
  | { readonly kind: "scale"; readonly service: StreamService }
  | { readonly kind: "torn-state"; readonly service: StreamService; readonly seed: number };

/** A fault between a process and a broker, or of a broker. */
export type NetworkFault =
  | {
      readonly kind: "end-txn";
      readonly service: StreamService;
      readonly of: "request" | "answer";
      readonly action: "hold" | "delay" | "drop" | "duplicate" | "disconnect";
      readonly lastsMs: number;
    }
  | {
      readonly kind: "lost-answer";
      readonly service: StreamService;
      readonly api: "Produce" | "TxnOffsetCommit" | "InitProducerId" | "Heartbeat" | "Fetch";
      readonly action: "drop" | "disconnect";
    }
  | { readonly kind: "cut"; readonly broker: number; readonly lastsMs: number }
  | { readonly kind: "broker-kill"; readonly broker: number; readonly downMs: number }
  | { readonly kind: "broker-pause"; readonly broker: number; readonly lastsMs: number };

/** How many faults of each kind there are in a round. */
export interface FaultMix {
  readonly kills: number;
  /** Longest time before a kill, milliseconds; half of it is what a service lives on average. */
  readonly killAfterMsMax: number;
  /** How often each fail-point is used. */
  readonly failPoints: number;
  readonly zombies: number;
  readonly scales: number;
  readonly tornStates: number;
  readonly endTxns: number;
  readonly lostAnswers: number;
  readonly cuts: number;
  readonly brokerKills: number;
  readonly brokerPauses: number;
}

/**
 * How many of a round's faults may come to nothing on a slow machine, though each is tried four times: those that must meet a
 * pipeline at work. The mixes have so many more than is asked of them (O2 in owed.ts).
 */
export const spares = { zombies: 1, scales: 1, endTxns: 2, lostAnswers: 1 } as const;

/** What every run of the build machine goes through. */
export const shortMix: FaultMix = {
  kills: 60,
  killAfterMsMax: 2_500,
  failPoints: 1,
  zombies: 6,
  scales: 4,
  tornStates: 5,
  endTxns: 22,
  lostAnswers: 9,
  cuts: 4,
  brokerKills: 3,
  brokerPauses: 1,
};

/**
 * A round of a long campaign: mostly kills. Three rounds are 1,000 kills and an hour of them; what else there is comes
 * thrice as well.
 */
export const longMix: FaultMix = {
  ...shortMix,
  kills: 334,
  killAfterMsMax: 5_000,
  zombies: 4,
  scales: 3,
  endTxns: 60,
  lostAnswers: 24,
  cuts: 12,
  brokerKills: 6,
  brokerPauses: 3,
};

/** The faults of one round. */
export interface FaultPlan {
  readonly processes: readonly ProcessFault[];
  readonly network: readonly NetworkFault[];
}

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** Fisher-Yates. */
const shuffled = <T>(random: Random, items: readonly T[]): T[] => {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = between(random, 0, i);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
};

/** Places that only one service comes by. */
const ownersOf: Readonly<Partial<Record<FailPoint, KilledService>>> = {
  "before-accept": "ingest",
  "after-accept": "ingest",
  "before-delivery": "notifier",
  "after-delivery": "notifier",
};

/** Places that a life comes by once: there is no second time to wait for. */
const onceALife: readonly FailPoint[] = [
  "after-init-producer",
  "after-join",
  "before-restore",
  "during-restore",
  "after-restore",
  "before-rejoin",
  "before-rebuild",
  "before-leave",
  "before-checkpoint",
  "after-checkpoint",
];

const failPointFault = (random: Random, point: FailPoint): ProcessFault => ({
  kind: "fail-point",
  // A notifier at rest comes by no commit for seconds; the others are always at work.
  service: ownersOf[point] ?? pick(random, ["filter", "aggregator", "fraud-detector"]),
  point,
  hit: onceALife.includes(point) ? 1 : between(random, 1, 8),
});

/** A process that stops in the middle of its work, and wakes up when another has taken the work over. */
const zombie = (random: Random): ProcessFault => ({
  kind: "zombie",
  service: pick(random, ["filter", "aggregator", "fraud-detector"]),
  point: pick(random, ["after-process", "before-produce", "after-produce", "after-offset-commit"]),
  hit: between(random, 3, 12),
});

const processFaults = (random: Random, mix: FaultMix): ProcessFault[] =>
  shuffled(random, [
    ...times(
      mix.kills,
      (): ProcessFault => ({
        kind: "kill",
        service: pick(random, [...streamServices, "ingest"]),
        afterMs: between(random, 0, mix.killAfterMsMax),
      }),
    ),
    ...times(mix.failPoints, () => failPoints.map((point) => failPointFault(random, point))).flat(),
    ...times(mix.zombies, () => zombie(random)),
    ...times(
      mix.tornStates,
      (): ProcessFault => ({
        kind: "torn-state",
        service: pick(random, ["filter", "aggregator", "fraud-detector"]),
        seed: between(random, 0, 1_000_000),
      }),
    ),
    ...times(mix.scales, (): ProcessFault => ({ kind: "scale", service: pick(random, streamServices) })),
  ]);

const networkFaults = (random: Random, mix: FaultMix, brokers: number): NetworkFault[] => {
  const broker = () => between(random, 0, brokers - 1);
  return shuffled(random, [
    ...times(
      mix.endTxns,
      (): NetworkFault => ({
        kind: "end-txn",
        service: pick(random, ["filter", "aggregator", "fraud-detector"]),
        of: pick(random, ["request", "answer"]),
        action: pick(random, ["hold", "hold", "delay", "drop", "drop", "duplicate", "disconnect"]),
        lastsMs: between(random, 300, 6_000),
      }),
    ),
    ...times(
      mix.lostAnswers,
      (): NetworkFault => ({
        kind: "lost-answer",
        service: pick(random, ["filter", "aggregator", "fraud-detector"]),
        api: pick(random, ["Produce", "TxnOffsetCommit", "InitProducerId", "Heartbeat", "Fetch"]),
        action: pick(random, ["drop", "disconnect"]),
      }),
    ),
    ...times(
      mix.cuts,
      (): NetworkFault => ({
        kind: "cut",
        broker: broker(),
        lastsMs: between(random, 500, 3_000),
      }),
    ),
    ...times(
      mix.brokerKills,
      (): NetworkFault => ({
        kind: "broker-kill",
        broker: broker(),
        downMs: between(random, 500, 4_000),
      }),
    ),
    ...times(
      mix.brokerPauses,
      (): NetworkFault => ({
        kind: "broker-pause",
        broker: broker(),
        lastsMs: between(random, 1_000, 6_000),
      }),
    ),
  ]);
};

/** The faults of the round with this seed. */
export const planFaults = (seed: number, mix: FaultMix, brokers: number): FaultPlan => {
  const random = seededRandom(seed);
  return { processes: processFaults(random, mix), network: networkFaults(random, mix, brokers) };
};

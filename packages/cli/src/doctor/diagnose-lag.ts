// Why a group is behind. Pure: from its places at two moments to causes.
//
//   DL1. A cause is named only where its signs are there and those of a graver one are not: an empty group is no slow
//        handler, a partition behind an open transaction no dead member.
//   DL2. What gets less by itself is information, never a warning.

import { counted } from "../terminal/table.ts";
import type { GroupMember, GroupState, HeldTransaction, PartitionState } from "./facts.ts";
import type { Finding } from "./finding.ts";

/** What counts as behind, and as hot. */
export interface LagLimits {
  /** Records that wait in a group, from which on it is behind. */
  readonly lagMin: number;
}

/** Share of a partition's newest records that one key must have to be hot. */
const hotShare = 0.4;
/** Records that a sample must have to say anything. */
const sampleMin = 20;
/** Share of a group's lag that one partition must have to be uneven, however many there are. */
const unevenShare = 0.5;

interface Moments {
  readonly nowMs: number;
  readonly betweenMs: number;
  readonly transactions: readonly HeldTransaction[];
}

const nameOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${topic}/${partition}`;
const lagOf = ({ end, committed }: PartitionState): number => Math.max(0, end - committed);
/** What a reader could have: the rest is behind an open transaction. */
const readableOf = ({ stable, committed }: PartitionState): number => Math.max(0, stable - committed);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const perSecond = (count: number, ms: number): string =>
  `${((count / Math.max(1, ms)) * 1000).toLocaleString("en-US", { maximumFractionDigits: 1 })} a second`;

/** The causes of one group's lag. */
export const diagnoseGroup = (group: GroupState, moments: Moments, { lagMin }: LagLimits): Finding[] => {
  const lag = sum(group.partitions.map(lagOf));
  const unassigned = unassignedPartitions(group);
  if (unassigned.length > 0) return [unassignedFinding(group, unassigned)];
  if (isRestless(group)) return [restlessFinding(group)];
  if (lag < lagMin) return [];
  if (group.members.length === 0) return [emptyFinding(group, lag, moments)];
  const dead = deadMembers(group);
  if (dead.length > 0) return dead.map((member) => deadFinding(group, member));
  const worst = group.partitions.toSorted((a, b) => readableOf(b) - readableOf(a))[0];
  if (worst === undefined || sum(group.partitions.map(readableOf)) < lagMin) return [];
  const isUneven = group.partitions.length > 1 && lagOf(worst) >= unevenShare * lag;
  const { sample } = worst;
  const isHot =
    sample !== undefined && sample.records >= sampleMin && sample.topRecords >= hotShare * sample.records;
  if (isHot && (isUneven || group.partitions.length === 1))
    return [hotKeyFinding(group, worst, lag, moments)];
  return [paceFinding(group, lag, isUneven ? worst : undefined, moments)];
};

const unassignedPartitions = ({ state, members, partitions }: GroupState): PartitionState[] => {
  if (state !== "Stable" || members.length === 0) return [];
  const assigned = new Set(members.flatMap((member) => member.assigned));
  return partitions.filter((partition) => !assigned.has(nameOf(partition)));
};

const isRestless = ({ state, stateBefore }: GroupState): boolean =>
  state.endsWith("Rebalance") && stateBefore.endsWith("Rebalance");

/** Members that hold readable records and have committed nothing between the moments. */
const deadMembers = ({ members, partitions }: GroupState): GroupMember[] =>
  members.filter(({ assigned }) => {
    const own = partitions.filter((partition) => assigned.includes(nameOf(partition)));
    // What came only between the moments may be in its hands.
    const waited = own.filter((each) => Math.min(each.endBefore, each.stable) > each.committed);
    return waited.length > 0 && own.every(({ committed, committedBefore }) => committed === committedBefore);
  });

const lagEvidence = ({ partitions }: GroupState, { nowMs }: Pick<Moments, "nowMs">): string[] => {
  const lag = sum(partitions.map(lagOf));
  const behind = partitions.filter((partition) => lagOf(partition) > 0).length;
  const oldest = Math.min(
    ...partitions.map(({ oldestReceivedMs = Number.POSITIVE_INFINITY }) => oldestReceivedMs),
  );
  const age = Number.isFinite(oldest)
    ? [
        `the oldest that waits came ${Math.max(0, Math.round((nowMs - oldest) / 1000)).toLocaleString("en-US")} s ago`,
      ]
    : [];
  return [
    `${counted(lag, "record")} wait in ${behind} of ${counted(partitions.length, "partition")}`,
    ...age,
  ];
};

const emptyFinding = (group: GroupState, lag: number, moments: Moments): Finding => {
  const came = sum(group.partitions.map(({ end, endBefore }) => end - endBefore));
  return {
    code: "GROUP_EMPTY",
    severity: "critical",
    confidence: "certain",
    subject: group.group,
    title: `Nobody reads for ${group.group}: the group has no member.`,
    evidence: [
      `the coordinator says ${group.state}, with no member`,
      ...lagEvidence(group, moments),
      `${perSecond(came, moments.betweenMs)} come in`,
    ],
    impact: `${counted(lag, "record")} are not processed, and everything behind ${group.group} stands still.`,
    remedy: `Start ${group.group}: npx -y pnpm@10 start, or kubectl rollout status for its workload; its log says why it ended.`,
  };
};

const unassignedFinding = (group: GroupState, partitions: readonly PartitionState[]): Finding => ({
  code: "PARTITION_UNASSIGNED",
  severity: "critical",
  confidence: "certain",
  subject: group.group,
  title: `${counted(partitions.length, "partition")} of ${group.group} belong to no member.`,
  evidence: [
    `the group is Stable with ${counted(group.members.length, "member")}`,
    `nobody has ${partitions.map(nameOf).slice(0, 6).join(", ")}`,
  ],
  impact: "Records there are not processed, for as long as the group stays as it is.",
  remedy: `Restart one replica of ${group.group}: the next assignment covers every partition. A topic that was given more partitions needs it too.`,
});

const restlessFinding = (group: GroupState): Finding => ({
  code: "GROUP_REBALANCING",
  severity: "warning",
  confidence: "likely",
  subject: group.group,
  title: `${group.group} was rebalancing at both looks.`,
  evidence: [`${group.stateBefore}, then ${group.state}`, counted(group.members.length, "member")],
  impact: "Nothing of the group is processed until it comes to rest.",
  remedy: `Look for a replica of ${group.group} that starts over and over, and for two that share one RIFFLE_INSTANCE_ID; then run riffle doctor again.`,
});

const deadFinding = (group: GroupState, member: GroupMember): Finding => {
  const own = group.partitions.filter((partition) => member.assigned.includes(nameOf(partition)));
  const others = group.partitions.filter((partition) => !member.assigned.includes(nameOf(partition)));
  const othersMove = others.some(({ committed, committedBefore }) => committed > committedBefore);
  return {
    code: "DEAD_MEMBER",
    severity: "critical",
    // A member that waits for its handler once, for longer than the moments are apart, looks the same.
    confidence: othersMove || member.notReady !== undefined ? "likely" : "possible",
    subject: `${group.group} ${member.name}`,
    title: `${member.name} of ${group.group} has ${counted(own.length, "partition")} and commits nothing.`,
    evidence: [
      `${counted(sum(own.map(readableOf)), "record")} could be read and are not`,
      othersMove ? "other members of the group commit" : "no other member commits either",
      ...(member.notReady === undefined ? [] : [`its /readyz says: ${member.notReady}`]),
      ...cpuEvidence([member]),
    ],
    impact: `Accounts of ${own.map(nameOf).slice(0, 6).join(", ")} are not screened.`,
    remedy: `Look at the log and the /readyz of ${member.name}; restarting it gives its partitions to the others.`,
  };
};

const cpuEvidence = (members: readonly GroupMember[]): string[] =>
  members.flatMap(({ name, cpuShare }) =>
    cpuShare === undefined ? [] : [`${name} used ${percent(cpuShare)} of a core`],
  );

const hotKeyFinding = (group: GroupState, worst: PartitionState, lag: number, moments: Moments): Finding => {
  const { records, keys, topKey, topRecords } = worst.sample ?? {
    records: 1,
    keys: 1,
    topKey: "",
    topRecords: 1,
  };
  const gains = worst.committed - worst.committedBefore > worst.end - worst.endBefore;
  return {
    code: "HOT_KEY",
    severity: gains ? "info" : "warning",
    confidence: group.partitions.length === 1 ? "possible" : "likely",
    subject: `${group.group} ${nameOf(worst)}`,
    title: `One key fills ${nameOf(worst)} faster than ${group.group} reads it.`,
    evidence: [
      `${nameOf(worst)} holds ${percent(lagOf(worst) / Math.max(1, lag))} of the group's lag`,
      `key ${topKey} is ${percent(topRecords / records)} of its newest ${counted(records, "record")} (${counted(keys, "key")})`,
      ...lagEvidence(group, moments),
    ],
    impact:
      "All accounts of that partition wait behind this one. More replicas do not help: a key has one reader.",
    remedy: `Find out who sends for ${topKey} (riffle tail received --where 'partition == ${worst.partition}' --every 10), and slow that sender down (RATE_LIMIT_PER_SECOND of ingest).`,
  };
};

const paceFinding = (
  group: GroupState,
  lag: number,
  uneven: PartitionState | undefined,
  moments: Moments,
): Finding => {
  const { betweenMs } = moments;
  const done = sum(group.partitions.map(({ committed, committedBefore }) => committed - committedBefore));
  const came = sum(group.partitions.map(({ end, endBefore }) => end - endBefore));
  const rates = `${perSecond(came, betweenMs)} come in, ${perSecond(done, betweenMs)} are processed`;
  const evidence = [...lagEvidence(group, moments), rates];
  const subject = group.group;
  if (done > came) {
    const leftS = Math.ceil((lag / (done - came)) * (betweenMs / 1000));
    return {
      code: "CATCHING_UP",
      severity: "info",
      confidence: "certain",
      subject,
      title: `${group.group} is behind, and gaining.`,
      evidence,
      impact: `Results are late; at this pace no more in about ${leftS.toLocaleString("en-US")} s.`,
      remedy: "Nothing, if that is soon enough; else more replicas.",
    };
  }
  if (uneven !== undefined)
    return {
      code: "UNEVEN_PARTITION",
      severity: "warning",
      confidence: "possible",
      subject: `${subject} ${nameOf(uneven)}`,
      title: `${nameOf(uneven)} is far behind the other partitions of ${group.group}.`,
      evidence: [`it holds ${percent(lagOf(uneven) / Math.max(1, lag))} of the group's lag`, ...evidence],
      impact: "Accounts of that partition wait longer than the others.",
      remedy: `Look at the process that owns it (its log, its CPU), and which keys it gets: riffle tail received --where 'partition == ${uneven.partition}' --every 10.`,
    };
  const partitions = group.partitions.length;
  const canGrow = group.members.length < partitions;
  return {
    code: "SLOW_HANDLER",
    severity: "warning",
    confidence: "likely",
    subject,
    title: `${group.group} works, and records come faster than it processes them.`,
    evidence: [...evidence, "the lag is spread over the partitions", ...cpuEvidence(group.members)],
    impact: "The lag grows, and every result comes later.",
    remedy: canGrow
      ? `More replicas: ${group.members.length} of at most ${partitions} run. kubectl scale, or let KEDA do it (docs/deploy.md).`
      : `As many replicas run as there are partitions (${partitions}): give each more CPU, or take a profile at its admin port.`,
  };
};

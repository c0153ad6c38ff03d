// A finding: one cause, with what speaks for it and what to do.

/** How bad it is, falling. */
export const severities = ["critical", "warning", "info"] as const;
/** One of {@link severities}. */
export type Severity = (typeof severities)[number];

/** How sure it is, falling: seen directly, the usual cause of what was seen, one of some causes. */
export const confidences = ["certain", "likely", "possible"] as const;
/** One of {@link confidences}. */
export type Confidence = (typeof confidences)[number];

/** Every cause there is a finding for, with one sentence on it. */
export const findingCodes = {
  NODE_TOO_OLD: "The Node that runs is older than what is needed.",
  NO_LOCAL_KAFKA: "Neither Docker nor Java is here, so `start` keeps everything in memory.",
  PORT_TAKEN: "Somebody else listens on a port that `start` needs.",
  VARIABLE_INVALID: "A variable has a value that no service takes.",
  BROKER_UNREACHABLE: "No broker answers.",
  PARTITION_OFFLINE: "A partition has no leader: it can be neither written nor read.",
  BELOW_MIN_ISR: "Fewer copies of a partition are in sync than a write needs: writes are refused.",
  UNDER_REPLICATED: "A copy of a partition is behind or gone.",
  TRANSACTIONS_OLD: "The cluster has the older transaction protocol, which costs more requests a commit.",
  TOPIC_MISSING: "A topic of the contracts does not exist.",
  TOPIC_PARTITIONS: "A topic has another number of partitions than the others.",
  TOPIC_CONFIG: "A topic is configured otherwise than the contracts say.",
  STUCK_TRANSACTION: "A transaction was left open, and readers stand still before it.",
  GROUP_EMPTY: "Nobody reads for a group that has records waiting.",
  GROUP_REBALANCING: "A group does not come to rest.",
  PARTITION_UNASSIGNED: "A partition belongs to no member of its group.",
  DEAD_MEMBER: "A member has partitions and commits nothing.",
  HOT_KEY: "One key fills one partition faster than it is read.",
  UNEVEN_PARTITION: "One partition is far behind the others, and no single key is why.",
  SLOW_HANDLER: "All members work, and records come faster than they go.",
  CATCHING_UP: "A group is behind, and gaining.",
} as const;

/** A code of {@link findingCodes}. */
export type FindingCode = keyof typeof findingCodes;

/** One cause. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** What it is about: a topic, a group, a partition. */
  readonly subject: string;
  /** One sentence. */
  readonly title: string;
  /** What was seen, a fact each. */
  readonly evidence: readonly string[];
  /** What it does to whom. */
  readonly impact: string;
  /** What to run or to do. */
  readonly remedy: string;
}

/** The worst first; of equals what is surer, then by code and subject, so that two runs list alike. */
export const ranked = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted(
    (a, b) =>
      severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
      confidences.indexOf(a.confidence) - confidences.indexOf(b.confidence) ||
      compare(a.code, b.code) ||
      compare(a.subject, b.subject),
  );

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** 0 when there is nothing worse than information, 3 for warnings, 4 when something is critical. */
export const exitCodeOf = (findings: readonly Finding[]): number => {
  const has = (severity: Severity): boolean => findings.some((finding) => finding.severity === severity);
  return has("critical") ? 4 : has("warning") ? 3 : 0;
};

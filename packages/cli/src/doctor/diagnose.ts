// From facts to ranked findings. Pure.

import type { TopicFault } from "../cluster-topics.ts";
import { counted } from "../terminal/table.ts";
import { diagnoseGroup, type LagLimits } from "./diagnose-lag.ts";
import type { ClusterState, EnvironmentFacts, Facts, HeldTransaction, PartitionHealth } from "./facts.ts";
import { type Finding, type FindingCode, ranked } from "./finding.ts";

const nodeMajorMin = 20;
const javaMajorMin = 17;
/** How long an atomic commit may be open before anybody asks why: the engine's take milliseconds. */
const oldTransactionMs = 5_000;

/** All findings, the worst first. */
export const diagnose = (facts: Facts, limits: LagLimits): Finding[] =>
  ranked([
    ...environmentFindings(facts.environment),
    ...facts.variables.map(variableFinding),
    ...(facts.unreachable === undefined ? [] : [unreachableFinding(facts.unreachable)]),
    ...(facts.cluster === undefined ? [] : clusterFindings(facts.cluster, limits)),
  ]);

const clusterFindings = (cluster: ClusterState, limits: LagLimits): Finding[] => [
  ...copyFindings(cluster.partitions),
  ...(cluster.transactionVersion >= 2 ? [] : [oldProtocolFinding(cluster.transactionVersion)]),
  ...topicFindings(cluster.topicFaults),
  ...cluster.transactions.filter(isStuck).map(stuckFinding),
  ...cluster.groups.flatMap((group) => diagnoseGroup(group, cluster, limits)),
];

const environmentFindings = (environment: EnvironmentFacts): Finding[] => {
  const { nodeVersion, docker, javaVersion = 0, takenPorts, pipelineRuns } = environment;
  const found: Finding[] = [];
  const major = Number(/^v?(?<major>\d+)/.exec(nodeVersion)?.groups?.["major"] ?? 0);
  if (major < nodeMajorMin)
    found.push({
      code: "NODE_TOO_OLD",
      severity: "critical",
      confidence: "certain",
      subject: "this machine",
      title: `Node ${nodeVersion} is older than ${nodeMajorMin}.`,
      evidence: [`process.version is ${nodeVersion}`],
      impact: "Nothing of Riffle starts.",
      remedy: `Install Node ${nodeMajorMin} or later.`,
    });
  if (!docker && javaVersion < javaMajorMin && !pipelineRuns)
    found.push({
      code: "NO_LOCAL_KAFKA",
      severity: "info",
      confidence: "certain",
      subject: "this machine",
      title: "There is neither Docker nor a Java that runs a broker.",
      evidence: [
        "no container engine answers",
        javaVersion === 0 ? "no java is found" : `java is version ${javaVersion}, ${javaMajorMin} is needed`,
      ],
      impact: "`start` keeps everything in memory: nothing survives a restart.",
      remedy: "Install Docker or Java 17 with Maven, or name brokers with KAFKA_BROKERS.",
    });
  for (const { port, purpose, variable } of pipelineRuns ? [] : takenPorts)
    found.push({
      code: "PORT_TAKEN",
      severity: "warning",
      confidence: "certain",
      subject: `port ${port}`,
      title: `Port ${port} is taken, which ${purpose} needs.`,
      evidence: ["something listens there, and no pipeline of this checkout runs"],
      impact: "`start` will refuse to start.",
      remedy: `End what listens there, or set ${variable} to another port.`,
    });
  return found;
};

const variableFinding = ({ service, variable, problem }: Facts["variables"][number]): Finding => ({
  code: "VARIABLE_INVALID",
  severity: "critical",
  confidence: "certain",
  subject: variable,
  title: `${variable} has a value that ${service} does not take.`,
  evidence: [problem],
  impact: `${service} ends at once with exit code 78 in this environment.`,
  remedy: "Correct it; docs/config.md has its rule.",
});

const unreachableFinding = (reason: string): Finding => ({
  code: "BROKER_UNREACHABLE",
  severity: "critical",
  confidence: "certain",
  subject: "the cluster",
  title: "No broker of the list answers.",
  evidence: [reason],
  impact: "Nothing is accepted and nothing processed. What depends on the cluster was not looked at.",
  remedy: "Check KAFKA_BROKERS, the brokers themselves, and the addresses that they advertise.",
});

const placeOf = ({ topic, partition }: PartitionHealth): string => `${topic}/${partition}`;

/** Per kind one finding, however many partitions have it: they have one cause. */
const copyFindings = (partitions: readonly PartitionHealth[]): Finding[] => {
  const offline = partitions.filter(({ leader }) => leader < 0);
  const led = partitions.filter(({ leader }) => leader >= 0);
  const refused = led.filter(({ inSync, inSyncMin }) => inSync < inSyncMin);
  const behind = led.filter(({ inSync, replicas, inSyncMin }) => inSync < replicas && inSync >= inSyncMin);
  const finding = (
    code: FindingCode,
    of: readonly PartitionHealth[],
    more: Pick<Finding, "severity" | "impact"> & { readonly what: string },
  ): Finding[] =>
    of.length === 0
      ? []
      : [
          {
            code,
            severity: more.severity,
            confidence: "certain",
            subject: "the cluster",
            title: `${counted(of.length, "partition")} ${more.what}.`,
            evidence: of
              .slice(0, 6)
              .map(
                (each) =>
                  `${placeOf(each)}: copies in sync ${each.inSync} of ${each.replicas}, ${each.inSyncMin} needed`,
              ),
            impact: more.impact,
            remedy: "Bring the missing brokers back; their logs say why they are gone.",
          },
        ];
  return [
    ...finding("PARTITION_OFFLINE", offline, {
      severity: "critical",
      what: "without a leader",
      impact: "They can be neither written nor read; ingest answers 503 for their accounts.",
    }),
    ...finding("BELOW_MIN_ISR", refused, {
      severity: "critical",
      what: "with fewer copies in sync than a write needs",
      impact: "Writes to them are refused; ingest answers 503, and the services wait.",
    }),
    ...finding("UNDER_REPLICATED", behind, {
      severity: "warning",
      what: "with a copy that is behind",
      impact: "Nothing is lost; one more broker that fails may stop writes.",
    }),
  ];
};

const oldProtocolFinding = (level: number): Finding => ({
  code: "TRANSACTIONS_OLD",
  severity: "info",
  confidence: "certain",
  subject: "the cluster",
  title: "The cluster speaks the older transaction protocol.",
  evidence: [`transaction.version is ${level}; 2 is KIP-890's`],
  impact: "Each atomic commit needs more requests. Nothing is less safe: writers are fenced either way.",
  remedy: "After an upgrade: kafka-features.sh --bootstrap-server … upgrade --feature transaction.version=2",
});

const topicFindings = (faults: readonly TopicFault[]): Finding[] => {
  const of = (kind: TopicFault["kind"]): TopicFault[] => faults.filter((fault) => fault.kind === kind);
  const missing = of("missing");
  return [
    ...(missing.length === 0
      ? []
      : [
          {
            code: "TOPIC_MISSING",
            severity: "critical",
            confidence: "certain",
            subject: "the topics",
            title: `${counted(missing.length, "topic")} of the contracts missing.`,
            evidence: missing.map(({ topic }) => topic),
            impact: "Their services wait for them at start, or stop.",
            remedy: "npx -y pnpm@10 riffle topics create",
          } as const,
        ]),
    ...of("partitions").map(
      ({ topic, expected, found }) =>
        ({
          code: "TOPIC_PARTITIONS",
          severity: "critical",
          confidence: "certain",
          subject: topic,
          title: `${topic} has ${found} partitions, the others have ${Number.parseInt(expected, 10)}.`,
          evidence: [`found ${found}, expected ${expected}`],
          impact: "An account would have two partition numbers; the services refuse to start.",
          remedy:
            "Create it anew with the right number, or run riffle topics create --partitions before there is data.",
        }) as const,
    ),
    ...of("config").map(
      ({ topic, config = "", expected, found }) =>
        ({
          code: "TOPIC_CONFIG",
          severity: "warning",
          confidence: "certain",
          subject: topic,
          title: `${topic} has another ${config} than the contracts say.`,
          evidence: [`${config} is ${found}, expected ${expected}`],
          impact:
            config === "max.message.bytes"
              ? "A large record that cannot be processed becomes a dead letter without its value."
              : "Records may be gone before they are read, or kept longer than they should.",
          remedy: `kafka-configs.sh --bootstrap-server … --alter --topic ${topic} --add-config ${settingOf(config, expected)}`,
        }) as const,
    ),
  ];
};

/** A list needs brackets, because commas separate configurations, and brackets need quotes in a shell. */
const settingOf = (config: string, value: string): string =>
  value.includes(",") ? `'${config}=[${value}]'` : `${config}=${value}`;

const isStuck = ({ transactionalId, ageMs = 0 }: HeldTransaction): boolean =>
  transactionalId === undefined || ageMs >= oldTransactionMs;

const stuckFinding = (transaction: HeldTransaction): Finding => {
  const { topic, partition, startOffset, held, producerId, transactionalId, ageMs, timeoutMs } = transaction;
  const place = `${topic}/${partition}`;
  const isOrphan = transactionalId === undefined;
  const isOverdue = ageMs !== undefined && timeoutMs !== undefined && ageMs > timeoutMs;
  const seconds = (ms: number): string => `${Math.round(ms / 1000).toLocaleString("en-US")} s`;
  const leftMs = (timeoutMs ?? 0) - (ageMs ?? 0);
  return {
    code: "STUCK_TRANSACTION",
    severity: "critical",
    confidence: isOrphan || isOverdue ? "certain" : "likely",
    subject: place,
    title: `A transaction is open in ${place}, and readers stand still before it.`,
    evidence: [
      `it begins at offset ${startOffset}, and ${counted(held, "record")} stand behind it`,
      isOrphan
        ? `producer ${producerId} is known to no coordinator`
        : `it is ${transactionalId}'s, open for ${seconds(ageMs ?? 0)}, its time-out is ${seconds(timeoutMs ?? 0)}`,
      "it was open at both looks",
    ],
    impact: `No read-committed reader of ${place} gets beyond offset ${startOffset}, and no restore of it ends.`,
    remedy:
      isOrphan || isOverdue
        ? `kafka-transactions.sh --bootstrap-server … abort --topic ${topic} --partition ${partition} --start-offset ${startOffset}`
        : `Wait: the coordinator aborts it in ${seconds(Math.max(0, leftMs))}, or the restarted ${transactionalId} does at once. Look why its owner stopped.`,
  };
};

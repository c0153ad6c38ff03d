// A bug here sends an operator after the wrong cause, cries wolf, or calls something well that is not.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diagnose } from "../../../src/doctor/diagnose.ts";
import type {
  ClusterState,
  Facts,
  GroupState,
  HeldTransaction,
  PartitionState,
} from "../../../src/doctor/facts.ts";
import { exitCodeOf, type Finding, findingCodes, ranked } from "../../../src/doctor/finding.ts";
import { sampleOf } from "../../../src/doctor/key-sample.ts";

const limits = { lagMin: 1_000 };

const partitionOf = (partition: number, parts: Partial<PartitionState> = {}): PartitionState => {
  const end = parts.end ?? 10_000;
  const committed = parts.committed ?? end;
  return {
    topic: "in.v1",
    partition,
    committedBefore: committed,
    committed,
    stable: end,
    endBefore: end,
    end,
    ...parts,
  };
};

const groupOf = (partitions: readonly PartitionState[], parts: Partial<GroupState> = {}): GroupState => ({
  group: "filter",
  state: "Stable",
  stateBefore: "Stable",
  members: [
    {
      name: "filter-0@10.0.0.1",
      assigned: partitions.filter((_, i) => i % 2 === 0).map((of) => `in.v1/${of.partition}`),
    },
    {
      name: "filter-1@10.0.0.2",
      assigned: partitions.filter((_, i) => i % 2 === 1).map((of) => `in.v1/${of.partition}`),
    },
  ],
  partitions,
  ...parts,
});

const factsOf = (cluster: Partial<ClusterState>, parts: Partial<Facts> = {}): Facts => ({
  environment: { nodeVersion: "v24.21.0", docker: true, javaVersion: 17, pipelineRuns: true, takenPorts: [] },
  variables: [],
  unreachable: undefined,
  cluster: {
    brokers: 3,
    transactionVersion: 2,
    partitions: [],
    topicFaults: [],
    groups: [],
    transactions: [],
    nowMs: 1_000_000,
    betweenMs: 3_000,
    ...cluster,
  },
  ...parts,
});

const findingsOf = (group: GroupState): Finding[] => diagnose(factsOf({ groups: [group] }), limits);
const codes = (findings: readonly Finding[]): string[] => findings.map(({ code }) => code);

/** Partitions 0 to 3, each so far behind, all moving; more comes than goes. */
const behind = (...lags: number[]): PartitionState[] =>
  lags.map((lag, i) =>
    partitionOf(i, { committed: 10_000 - lag, committedBefore: 10_000 - lag - 30, endBefore: 9_940 }),
  );

describe("a group", () => {
  it("that has read everything, or nearly, has nothing", () => {
    expect(findingsOf(groupOf(behind(0, 0, 10, 300)))).toEqual([]);
  });

  it("without a member is empty, whatever else could be said of its lag", () => {
    const parts = { state: "Empty", stateBefore: "Empty", members: [] };
    const partitions = behind(5_000, 10, 10, 10).map((of) => ({
      ...of,
      sample: { records: 500, keys: 1, topKey: "ac…5b01fe", topRecords: 500 },
      oldestReceivedMs: 958_000,
    }));
    const [finding, ...others] = findingsOf(groupOf(partitions, parts));
    expect([finding?.code, finding?.severity, finding?.confidence, others]).toEqual([
      "GROUP_EMPTY",
      "critical",
      "certain",
      [],
    ]);
    expect(finding?.evidence).toContain("the oldest that waits came 42 s ago");
    expect(codes(findingsOf(groupOf(behind(0, 5), parts)))).toEqual([]);
  });

  it("with one key in one partition has a hot key, and more replicas are not what helps", () => {
    const hot = { records: 500, keys: 40, topKey: "ac…5b01fe", topRecords: 305 };
    const [, ...cold] = behind(0, 10, 20, 30);
    const partitions = [{ ...behind(9_000)[0], sample: hot } as PartitionState, ...cold];
    const [finding, ...others] = findingsOf(groupOf(partitions));
    expect([finding?.code, finding?.subject, finding?.severity, others]).toEqual([
      "HOT_KEY",
      "filter in.v1/0",
      "warning",
      [],
    ]);
    expect(finding?.evidence.slice(0, 2)).toEqual([
      "in.v1/0 holds 99 % of the group's lag",
      "key ac…5b01fe is 61 % of its newest 500 records (40 keys)",
    ]);
    expect(finding?.impact).toContain("More replicas do not help");
  });

  it.each([
    ["just less than hot", { records: 1_000, keys: 40, topKey: "k", topRecords: 399 }, "UNEVEN_PARTITION"],
    ["just hot", { records: 1_000, keys: 40, topKey: "k", topRecords: 400 }, "HOT_KEY"],
    ["of too few records", { records: 19, keys: 1, topKey: "k", topRecords: 19 }, "UNEVEN_PARTITION"],
    ["of just enough", { records: 20, keys: 1, topKey: "k", topRecords: 20 }, "HOT_KEY"],
  ])("with a key %s in the partition that is behind: %j", (_, sample, code) => {
    const [first, ...rest] = behind(9_000, 10, 20, 30);
    expect(codes(findingsOf(groupOf([{ ...(first as PartitionState), sample }, ...rest])))).toEqual([code]);
  });

  it("whose lag is spread has a slow handler, with the CPU of its processes and room for replicas", () => {
    const group = groupOf(behind(2_000, 2_100, 1_900, 2_000));
    const members = group.members.map((member) => ({ ...member, cpuShare: 0.97 }));
    const [finding, ...others] = findingsOf({ ...group, members });
    expect([finding?.code, finding?.severity, others]).toEqual(["SLOW_HANDLER", "warning", []]);
    expect(finding?.evidence).toContain("filter-0@10.0.0.1 used 97 % of a core");
    expect(finding?.evidence).toContain("80 a second come in, 40 a second are processed");
    expect(finding?.remedy).toContain("2 of at most 4 run");
  });

  it("that gains is information, and tells when it is through", () => {
    const partitions = behind(2_000, 2_100, 1_900, 2_000).map((of) => ({
      ...of,
      committedBefore: of.committed - 300,
    }));
    const [finding] = findingsOf(groupOf(partitions));
    expect([finding?.code, finding?.severity]).toEqual(["CATCHING_UP", "info"]);
    expect(finding?.impact).toContain("25 s");
    expect(exitCodeOf(findingsOf(groupOf(partitions)))).toBe(0);
  });

  it("with a member that commits nothing while the other does has a dead member, and it alone is named", () => {
    const partitions = behind(2_000, 2_000, 2_000, 2_000).map((of, i) =>
      i % 2 === 0 ? { ...of, committedBefore: of.committed } : of,
    );
    const [finding, ...others] = findingsOf(groupOf(partitions));
    expect([finding?.code, finding?.subject, finding?.confidence, others]).toEqual([
      "DEAD_MEMBER",
      "filter filter-0@10.0.0.1",
      "likely",
      [],
    ]);
  });

  it("whose records all came a moment ago has no dead member: they may be in its hands", () => {
    const partitions = [partitionOf(0, { committed: 8_000, endBefore: 8_000 }), partitionOf(1, {})];
    expect(codes(findingsOf(groupOf(partitions)))).not.toContain("DEAD_MEMBER");
  });

  it("behind an open transaction has that as its cause, and no dead member", () => {
    const partitions = [partitionOf(0, { committed: 5_000, stable: 5_000 }), partitionOf(1)];
    expect(findingsOf(groupOf(partitions))).toEqual([]);
  });

  it("of which a partition belongs to nobody says so, with no lag at all", () => {
    const group = groupOf(behind(0, 0, 0));
    const members = group.members.slice(0, 1);
    const [finding] = findingsOf({ ...group, members });
    expect([finding?.code, finding?.evidence[1]]).toEqual(["PARTITION_UNASSIGNED", "nobody has in.v1/1"]);
  });

  it("that rebalances at both looks is restless, at one is not", () => {
    const group = groupOf(behind(5_000), { state: "PreparingRebalance", members: [] });
    expect(codes(findingsOf({ ...group, stateBefore: "CompletingRebalance" }))).toEqual([
      "GROUP_REBALANCING",
    ]);
    expect(codes(findingsOf(group))).not.toContain("GROUP_REBALANCING");
  });
});

const heldOf = (parts: Partial<HeldTransaction> = {}): HeldTransaction => ({
  topic: "alerts.v1",
  partition: 3,
  startOffset: 17,
  held: 5,
  producerId: "4000",
  transactionalId: "fraud-detector-0",
  ageMs: 6_000,
  timeoutMs: 10_000,
  ...parts,
});
const transactionFindings = (parts: Partial<HeldTransaction>): Finding[] =>
  diagnose(factsOf({ transactions: [heldOf(parts)] }), limits);

describe("an open transaction", () => {
  it("is stuck from five seconds on, with its owner and when the broker ends it", () => {
    expect(transactionFindings({ ageMs: 4_999 })).toEqual([]);
    const [finding] = transactionFindings({ ageMs: 5_000 });
    expect([finding?.code, finding?.confidence, finding?.subject]).toEqual([
      "STUCK_TRANSACTION",
      "likely",
      "alerts.v1/3",
    ]);
    expect(finding?.remedy).toContain("aborts it in 5 s, or the restarted fraud-detector-0");
  });

  it("that no coordinator knows, or that is beyond its time-out, has to be aborted by hand", () => {
    for (const parts of [
      { transactionalId: undefined, ageMs: undefined, timeoutMs: undefined },
      { ageMs: 11_000 },
    ]) {
      const [finding] = transactionFindings(parts);
      expect(finding?.confidence).toBe("certain");
      expect(finding?.remedy).toContain("abort --topic alerts.v1 --partition 3 --start-offset 17");
    }
  });
});

describe("copies, topics, variables and the machine", () => {
  const copy = { topic: "alerts.v1", partition: 0, leader: 1, replicas: 3, inSync: 3, inSyncMin: 2 };

  it.each([
    [{}, []],
    [{ inSync: 2 }, ["UNDER_REPLICATED"]],
    [{ inSync: 1 }, ["BELOW_MIN_ISR"]],
    [{ leader: -1, inSync: 0 }, ["PARTITION_OFFLINE"]],
    [{ replicas: 1, inSync: 1, inSyncMin: 1 }, []],
  ])("a partition of three copies with %j: %j", (parts, expected) => {
    expect(codes(diagnose(factsOf({ partitions: [{ ...copy, ...parts }] }), limits))).toEqual(expected);
  });

  it("are told once for all partitions of one kind", () => {
    const partitions = Array.from({ length: 24 }, (_, partition) => ({ ...copy, partition, inSync: 1 }));
    const [finding, ...others] = diagnose(factsOf({ partitions }), limits);
    expect([finding?.title, others]).toEqual([
      "24 partitions with fewer copies in sync than a write needs.",
      [],
    ]);
  });

  it("are findings of their own", () => {
    const environment = {
      nodeVersion: "v18.20.0",
      docker: false,
      javaVersion: undefined,
      pipelineRuns: false,
      takenPorts: [{ port: 8080, purpose: "ingest", variable: "INGEST_PORT" }],
    };
    const topicFaults = [
      { topic: "a.v1", kind: "missing", expected: "there", found: "missing" },
      { topic: "b.v1", kind: "missing", expected: "there", found: "missing" },
      { topic: "c.v1", kind: "partitions", expected: "12, as the others have", found: "6" },
      { topic: "d.v1", kind: "config", config: "retention.ms", expected: "-1", found: "5" },
    ] as const;
    const variables = [{ service: "filter", variable: "ADMIN_PORT", problem: "is no port" }];
    const found = diagnose(
      factsOf({ topicFaults, transactionVersion: 1 }, { environment, variables, unreachable: "no answer" }),
      limits,
    );
    expect(codes(found).toSorted()).toEqual([
      "BROKER_UNREACHABLE",
      "NODE_TOO_OLD",
      "NO_LOCAL_KAFKA",
      "PORT_TAKEN",
      "TOPIC_CONFIG",
      "TOPIC_MISSING",
      "TOPIC_PARTITIONS",
      "TRANSACTIONS_OLD",
      "VARIABLE_INVALID",
    ]);
    for (const { evidence, impact, remedy } of found)
      expect([evidence.length > 0, impact !== "", remedy !== ""]).toEqual([true, true, true]);
  });

  it("a configuration that is a list is set with brackets, as the command wants it", () => {
    const fault = { topic: "w.v1", kind: "config", config: "cleanup.policy", found: "compact" } as const;
    const [finding] = diagnose(factsOf({ topicFaults: [{ ...fault, expected: "compact,delete" }] }), limits);
    expect(finding?.remedy).toContain("--alter --topic w.v1 --add-config 'cleanup.policy=[compact,delete]'");
  });

  it("taken ports are no finding while the pipeline itself has them", () => {
    const takenPorts = [{ port: 8080, purpose: "ingest", variable: "INGEST_PORT" }];
    const environment = { ...factsOf({}).environment, takenPorts };
    expect(diagnose(factsOf({}, { environment }), limits)).toEqual([]);
  });
});

describe("the rank", () => {
  const finding = fc.record({
    code: fc.constantFrom(...(Object.keys(findingCodes) as Finding["code"][])),
    severity: fc.constantFrom("critical", "warning", "info") as fc.Arbitrary<Finding["severity"]>,
    confidence: fc.constantFrom("certain", "likely", "possible") as fc.Arbitrary<Finding["confidence"]>,
    subject: fc.string({ maxLength: 3 }),
    title: fc.constant(""),
    evidence: fc.constant([]),
    impact: fc.constant(""),
    remedy: fc.constant(""),
  });

  it("is the same in whatever order findings were made, and the exit code is that of the first", () => {
    fc.assert(
      fc.property(fc.array(finding), (findings) => {
        const order = ranked(findings);
        expect(ranked(findings.toReversed())).toEqual(order);
        const expected = { critical: 4, warning: 3, info: 0 }[order[0]?.severity ?? "info"];
        expect(exitCodeOf(findings)).toBe(expected);
      }),
    );
  });
});

describe("a sample of keys", () => {
  it("has the most frequent one, null among them", () => {
    const keys = ["a", "b", "a", null].map((key) => (key === null ? null : Buffer.from(key)));
    const shown = (key: Uint8Array | null): string => String(key && Buffer.from(key));
    expect(sampleOf(keys, shown)).toEqual({ records: 4, keys: 3, topKey: "a", topRecords: 2 });
    expect(sampleOf([null, null], shown)?.topKey).toBe("null");
    expect(sampleOf([], shown)).toBeUndefined();
  });
});

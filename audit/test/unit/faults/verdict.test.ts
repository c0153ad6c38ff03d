// A bug here finds nothing wrong with a pipeline that loses, doubles or changes something, or that shows results of input
// it has not committed. The engine, its client and the services' handlers are the real ones, on a Kafka in memory.

import { type Topic, topics, type WindowKind, windowKinds } from "@riffle/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { strayUnreadable, unmetPoison } from "../../../faults/checks.ts";
import type { ModelAnswer } from "../../../model/reference-model.ts";
import type { FoundRecord } from "../../../pipeline/dead-letters.ts";
import { notificationDifferences, owedNotifications } from "../../../pipeline/told-alerts.ts";
import {
  differences,
  expectedAnswers,
  type PipelineRecords,
  partitionDifferences,
} from "../../../pipeline/topic-answers.ts";
import { channels } from "./real-services.ts";
import { SmallPipeline, smallModel } from "./small-pipeline.ts";

let pipeline: SmallPipeline;
let records: PipelineRecords;
let expected: readonly ModelAnswer[];

beforeAll(async () => {
  pipeline = new SmallPipeline();
  await pipeline.run();
  records = await pipeline.read();
  expected = expectedAnswers(records, smallModel);
}, 60_000);

afterAll(async () => {
  await pipeline.close();
});

const verdictOn = (found: PipelineRecords): string[] => [
  ...expected.flatMap((answer, partition) => partitionDifferences(found, partition, answer)),
  ...found.alertRecords.flatMap((alerts, partition) =>
    notificationDifferences(
      partition,
      owedNotifications(alerts, channels),
      found.notifications[partition] ?? [],
    ),
  ),
];

const poisonOf = (digests: Iterable<string>) => ({
  acknowledged: new Set(digests),
  tried: new Set(digests),
});

const countOf = (lines: readonly (readonly string[])[], has: (line: string) => boolean): number =>
  lines.flat().filter(has).length;

describe("a pipeline that keeps its promises", () => {
  it("differs nowhere from the model", () => {
    expect(verdictOn(records)).toEqual([]);
    expect(differences(records, smallModel)).toEqual([]);
    expect(unmetPoison({ records, poison: poisonOf(pipeline.poison) })).toEqual([]);
    expect(strayUnreadable({ records, poison: poisonOf(pipeline.poison) })).toEqual([]);
  });

  it("has something of everything that is compared", () => {
    const { answers, notifications, letters, alerts } = records;
    const windows = answers.map((answer) => answer.windows);
    const kinds = windowKinds.filter((kind) => countOf(windows, (line) => line.startsWith(`${kind} `)) > 0);
    expect(kinds).toEqual(["hopping", "tumbling", "session"]);
    for (const of of ["screened", "updates", "late", "alerts"] as const)
      expect(answers.flatMap((answer) => answer[of]).length, of).toBeGreaterThan(0);
    for (const reason of ["duplicate", "conflict", "not-relevant"])
      expect(
        countOf(
          answers.map(({ rejected }) => rejected),
          (line) => line.includes(` ${reason} `),
        ),
        reason,
      ).toBeGreaterThan(0);
    expect(new Set(alerts.map(({ status }) => status)).size).toBe(2);
    expect(notifications.flat()).toHaveLength(2 * alerts.length);
    for (const { service, found } of letters) expect(found.flat().length, service).toBeGreaterThan(0);
    expect(countOf(letters[1]?.found ?? [], (line) => line.includes("AMOUNT_OVERFLOW"))).toBe(3);
  });

  it("shows at every look outputs of what it has committed, all of them, and of nothing else", () => {
    expect(pipeline.torn).toEqual([]);
    expect(pipeline.looks).toBeGreaterThanOrEqual(8);
  });
});

type Change = (records: readonly FoundRecord[], at: number) => readonly FoundRecord[];

const doubled: Change = (found, at) => found.toSpliced(at, 0, found[at] as FoundRecord);
const dropped: Change = (found, at) => found.toSpliced(at, 1);
const moved: Change = (found, at) => [found[at] as FoundRecord, ...found.toSpliced(at, 1)];
/** Records of a fetch have their parts on their prototype. */
const copyOf = ({ offset, timestampMs, key, value, headers }: FoundRecord): FoundRecord => ({
  offset,
  timestampMs,
  key,
  value,
  headers,
});
const changed =
  (change: (record: FoundRecord) => Partial<FoundRecord>): Change =>
  (found, at) => {
    const before = found[at] as FoundRecord;
    return found.with(at, { ...copyOf(before), ...change(before) });
  };

type Fields = Record<string, unknown>;
const fieldsOf = ({ value }: FoundRecord): Fields => {
  try {
    return JSON.parse(Buffer.from(value ?? []).toString()) as Fields;
  } catch {
    return {};
  }
};
const withFields = (fieldsFor: (value: Fields) => Fields): Change =>
  changed((record) => {
    const value = fieldsOf(record);
    return { value: Buffer.from(JSON.stringify({ ...value, ...fieldsFor(value) })) };
  });
const without = (header: string): Change =>
  changed(({ headers }) => ({ headers: headers.filter(([name]) => name !== header) }));

/** The last of a partition: one that can be moved to the front out of its place. */
const lastThat =
  (is: (value: Fields) => boolean) =>
  (found: readonly FoundRecord[]): number =>
    found.findLastIndex((record) => is(fieldsOf(record)));
const any = lastThat((value) => "accountId" in value);
const ofKind = (kind: WindowKind) =>
  lastThat((value) => (value["window"] as Fields | undefined)?.["kind"] === kind);

interface Case {
  readonly what: string;
  readonly topic: Topic<unknown>;
  readonly at: (found: readonly FoundRecord[]) => number;
  readonly change: Change;
  readonly says: RegExp;
}

const {
  transactionsScreened,
  transactionsRejected,
  aggregatesAccount,
  aggregatorLate,
  alerts,
  notifications,
} = topics;
const oneMore = (field: string): Change => withFields((value) => ({ [field]: Number(value[field]) + 1 }));
const inEvidence: Change = withFields(({ evidence }) => ({
  evidence: (evidence as Fields[]).map((cause, i) => (i === 0 ? { ...cause, merchantId: "another" } : cause)),
}));
const ofTransaction = (field: string, to: unknown): Change =>
  withFields(({ transaction }) => ({ transaction: { ...(transaction as Fields), [field]: to } }));

const cases: readonly Case[] = [
  {
    what: "a session emitted twice",
    topic: aggregatesAccount,
    at: ofKind("session"),
    change: doubled,
    says: /^session windows.*1 too many/,
  },
  {
    what: "a session that is missing",
    topic: aggregatesAccount,
    at: ofKind("session"),
    change: dropped,
    says: /^session windows.*1 missing/,
  },
  {
    what: "a session with another sum",
    topic: aggregatesAccount,
    at: ofKind("session"),
    change: oneMore("sum"),
    says: /^session windows/,
  },
  {
    what: "a tumbling window emitted twice",
    topic: aggregatesAccount,
    at: ofKind("tumbling"),
    change: doubled,
    says: /^tumbling windows.*1 too many/,
  },
  {
    what: "a tumbling window with another count",
    topic: aggregatesAccount,
    at: ofKind("tumbling"),
    change: oneMore("count"),
    says: /^tumbling windows/,
  },
  {
    what: "a hopping window with another average",
    topic: aggregatesAccount,
    at: ofKind("hopping"),
    change: oneMore("average"),
    says: /^hopping windows/,
  },
  {
    what: "a hopping window that is not final",
    topic: aggregatesAccount,
    at: ofKind("hopping"),
    change: withFields(() => ({ final: false })),
    says: /^hopping windows/,
  },
  {
    what: "windows of one kind out of order",
    topic: aggregatesAccount,
    at: ofKind("hopping"),
    change: moved,
    says: /^hopping windows.*out of order/,
  },
  {
    what: "a sliding result that differs",
    topic: aggregatesAccount,
    at: ofKind("sliding"),
    change: oneMore("max"),
    says: /^updates/,
  },
  {
    what: "a sliding result told twice",
    topic: aggregatesAccount,
    at: ofKind("sliding"),
    change: doubled,
    says: /^updates.*1 too many/,
  },
  {
    what: "a figure under another key",
    topic: aggregatesAccount,
    at: ofKind("session"),
    change: changed(() => ({ key: Buffer.from("k") })),
    says: /^session windows/,
  },
  {
    what: "a screened transaction changed",
    topic: transactionsScreened,
    at: any,
    change: oneMore("amount"),
    says: /^screened/,
  },
  {
    what: "a screened transaction at another time",
    topic: transactionsScreened,
    at: any,
    change: changed(({ timestampMs }) => ({ timestampMs: timestampMs + 1 })),
    says: /^screened/,
  },
  {
    what: "a screened transaction without its trace",
    topic: transactionsScreened,
    at: any,
    change: without("traceparent"),
    says: /^screened/,
  },
  {
    what: "a header that nobody promised",
    topic: transactionsScreened,
    at: any,
    change: changed(({ headers }) => ({ headers: [...headers, ["x", null]] })),
    says: /^screened/,
  },
  {
    what: "a rejection with another sentence",
    topic: transactionsRejected,
    at: any,
    change: withFields(() => ({ detail: "No." })),
    says: /^rejected/,
  },
  {
    what: "a rejection of a changed transaction",
    topic: transactionsRejected,
    at: any,
    change: ofTransaction("merchantId", "another"),
    says: /^rejected/,
  },
  {
    what: "a late record that names another window",
    topic: aggregatorLate,
    at: any,
    change: withFields(({ windows }) => ({
      windows: (windows as Fields[]).map((window, i) =>
        i === 0 ? { ...window, start: Number(window["start"]) - 1 } : window,
      ),
    })),
    says: /^late/,
  },
  {
    what: "a late record without its received-at",
    topic: aggregatorLate,
    at: any,
    change: without("received-at"),
    says: /^late/,
  },
  {
    what: "an alert whose evidence was changed",
    topic: alerts,
    at: any,
    change: inEvidence,
    says: /^alerts/,
  },
  {
    what: "an alert whose beginning is another",
    topic: alerts,
    at: any,
    change: withFields(() => ({ firstAt: "2026-03-01T11:00:00Z" })),
    says: /^alerts/,
  },
  {
    what: "a notification with another outcome",
    topic: notifications,
    at: any,
    change: withFields(() => ({ outcome: "dead-lettered", reason: "refused" })),
    says: /^notifications/,
  },
  {
    what: "a notification out of its sequence",
    topic: notifications,
    at: any,
    change: oneMore("sequence"),
    says: /^notifications/,
  },
  {
    what: "a notification that was never tried",
    topic: notifications,
    at: any,
    change: withFields(() => ({ attempts: [] })),
    says: /^notifications/,
  },
  {
    what: "a notification that arrived twice",
    topic: notifications,
    at: any,
    change: withFields(({ attempts }) => ({ attempts: [...(attempts as []), ...(attempts as [])] })),
    says: /^notifications/,
  },
  {
    what: "a notification that is missing",
    topic: notifications,
    at: any,
    change: dropped,
    says: /^notifications.*1 missing/,
  },
  {
    what: "a dead letter that is missing",
    topic: topics.filterDeadLetters,
    at: () => 0,
    change: dropped,
    says: /^dead letters of filter.*1 missing/,
  },
  {
    what: "a dead letter that is there twice",
    topic: topics.filterDeadLetters,
    at: () => 0,
    change: doubled,
    says: /^dead letters of filter.*1 too many/,
  },
  {
    what: "dead letters out of order",
    topic: topics.filterDeadLetters,
    at: (found) => found.length - 1,
    change: moved,
    says: /^dead letters of filter.*out of order/,
  },
  {
    what: "a dead letter whose bytes were changed",
    topic: topics.aggregatorDeadLetters,
    at: () => 0,
    change: changed(() => ({ value: Buffer.from("x") })),
    says: /^dead letters of aggregator.*missing/,
  },
];

describe("the verdict", () => {
  it.each(cases)("finds $what", async ({ topic, at, change, says }) => {
    let isDone = false;
    const found = await pipeline.read((name, _partition, all) => {
      const where = isDone || name !== topic.name ? -1 : at(all);
      if (where < 0) return all;
      isDone = true;
      return change(all, where);
    });
    expect(isDone).toBe(true);
    const said = verdictOn(found);
    expect(said.join("\n")).toMatch(new RegExp(says.source, "m"));
  });

  it("misses what was written on purpose and is nowhere", () => {
    const poison = poisonOf([...pipeline.poison, "never-written"]);
    expect(unmetPoison({ records, poison })).toHaveLength(1);
  });

  it("finds what nobody reads and nobody wrote on purpose, though it was put aside as if it had to be", () => {
    const [one, ...others] = pipeline.poison;
    expect(one).toBeDefined();
    expect(strayUnreadable({ records, poison: poisonOf(others) }).join()).toMatch(
      /^1 records that nobody reads/,
    );
  });
});

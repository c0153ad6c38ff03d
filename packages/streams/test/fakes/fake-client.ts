// A Kafka for the worker, in memory, at the ports: one group, one transactional id, logs, committed offsets, changelogs.
//
//   F1. It keeps what a broker keeps: after a failure the worker reads again what it committed, and nothing else.
//   F2. It refuses a commit of another generation than the current one, as a broker does.
//   F3. Nothing in it takes time: a read that finds nothing waits until the test appends or interrupts.
//   F4. What it was asked to do is in `calls`, in order.

import { FencedError } from "../../src/errors.ts";
import type { StreamsClient } from "../../src/kafka/client.ts";
import type {
  AtomicCommit,
  CommittedEnds,
  FetchedChunk,
  Membership,
  MembershipState,
  RecordLimits,
  Replayed,
  ReplayOptions,
  StoredPosition,
  TopicPartition,
} from "../../src/kafka/ports.ts";
import type { ChangelogFacts } from "../../src/state/checkpoint.ts";
import { writePositionMetadata } from "../../src/worker/position-metadata.ts";
import type { OutgoingRecord, RawRecord } from "../../src/worker/record.ts";
import { rawRecord } from "../harness/records.ts";

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

interface Reading {
  readonly of: TopicPartition;
  offset: number;
}

/** The ports of a worker, and the test's hands on them. */
export class FakeClient implements StreamsClient {
  readonly transactionalId = "fake-0";
  readonly calls: string[] = [];
  readonly commits: AtomicCommit[] = [];
  /** Partitions each join claimed to own. */
  readonly claims: (readonly number[])[] = [];

  /** How large records may be. */
  limits: RecordLimits | undefined;
  /** After so long the coordinator would end a transaction. */
  transactionTimeoutMs: number | undefined;
  /** What the next join gives. */
  share: readonly number[] = [0];
  generation = 0;
  /** Whether the next joins continue the last membership: false when a generation came and went meanwhile. */
  continuous = true;
  state: MembershipState = "lost";

  /** Errors of the next calls, first come first served. */
  readonly openSenderErrors: Error[] = [];
  readonly commitErrors: Error[] = [];
  /** Errors of commits that take effect all the same. */
  readonly lostAnswers: Error[] = [];
  readonly joinErrors: Error[] = [];
  readonly nextErrors: Error[] = [];
  readonly positionErrors: Error[] = [];
  /** When the brokers last said that nothing is left to read, epoch milliseconds. Here that is always now. */
  heardOfInputAtMs = Number.POSITIVE_INFINITY;
  /** Partitions whose chunks lie with a slow broker: not ready when the worker does not want to wait. */
  readonly slow = new Set<number>();
  /** Awaited by every commit, before it has any effect. */
  beforeCommit: ((commit: AtomicCommit) => Promise<void>) | undefined;
  /** Awaited by every replay of a changelog, before it applies anything. */
  beforeReplay: (() => Promise<void>) | undefined;
  /** Awaited by every opening of a sender. */
  beforeOpenSender: (() => Promise<void>) | undefined;

  readonly #log = new Map<string, FetchedChunk[]>();
  readonly #committed = new Map<string, StoredPosition>();
  /** Who is on record as the last committer of partitions that nothing was committed to in this test. */
  formerWriter = "fake-0";
  readonly #topics = new Map<string, OutgoingRecord[]>();
  readonly #reading = new Map<string, Reading>();
  readonly #lags = new Map<string, number>();
  #wake: (() => void) | undefined;
  #waits = 0;

  // ---- The test's hands ----

  /** Appends one fetch's worth of texts, all of one key unless given as `key=value`, from offset `nextOffset` on. */
  append(of: TopicPartition, ...texts: string[]): void {
    const first = this.end(of);
    const records = texts.map((text, i) => {
      const [key = "k", value = text] = text.includes("=") ? text.split("=") : ["k", text];
      return rawRecord(first + i, key, value);
    });
    this.appendRaw(of, records, first + records.length);
  }

  /** Appends a fetch as it is; without records it is one of markers only. */
  appendRaw(of: TopicPartition, records: readonly RawRecord[], nextOffset: number): void {
    const chunks = this.#log.get(nameOf(of)) ?? [];
    chunks.push({ ...of, records, nextOffset, bytes: 1 });
    this.#log.set(nameOf(of), chunks);
    this.interrupt();
  }

  end(of: TopicPartition): number {
    return this.#log.get(nameOf(of))?.at(-1)?.nextOffset ?? 0;
  }

  committed(of: TopicPartition): StoredPosition | undefined {
    return this.#committed.get(nameOf(of));
  }

  /** What was committed to a topic, in order. */
  topic(name: string): readonly OutgoingRecord[] {
    return this.#topics.get(name) ?? [];
  }

  /** Says that so many records lie between what was read and the end, whatever the log says. */
  setLag(of: TopicPartition, lag: number): void {
    this.#lags.set(nameOf(of), lag);
  }

  get waiting(): boolean {
    return this.#wake !== undefined;
  }

  /** How often the worker has begun to wait for records. */
  get waits(): number {
    return this.#waits;
  }

  changeState(state: MembershipState): void {
    this.state = state;
    this.interrupt();
  }

  // ---- The ports ----

  readonly member = {
    join: async (owned: readonly number[]): Promise<Membership> => {
      this.calls.push(`join owning ${owned.join(",") || "none"}`);
      this.claims.push([...owned]);
      const error = this.joinErrors.shift();
      if (error !== undefined) throw error;
      const continuous = this.continuous && this.generation > 0;
      this.generation += this.continuous ? 1 : 2;
      this.state = "held";
      return { fence: this.fence(), partitions: this.share, continuous };
    },
    leave: async (): Promise<void> => {
      this.calls.push("leave");
      this.state = "lost";
    },
    stateOf: () => this.state,
    get state(): MembershipState {
      return this.stateOf();
    },
  };

  readonly source = {
    assign: (of: TopicPartition, offset: number): void => {
      this.calls.push(`assign ${nameOf(of)} at ${offset}`);
      this.#reading.set(nameOf(of), { of, offset });
    },
    unassign: (of: TopicPartition): void => {
      this.calls.push(`unassign ${nameOf(of)}`);
      this.#reading.delete(nameOf(of));
    },
    next: async (waitMs: number): Promise<FetchedChunk | undefined> => {
      const error = this.nextErrors.shift();
      if (error !== undefined) throw error;
      if (waitMs > 0 && this.#take(true, false) === undefined) {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#waits++;
        this.#wake = resolve;
        await promise;
      }
      return this.#take(waitMs > 0, true);
    },
    isReady: () => this.#take(false, false) !== undefined,
    get ready(): boolean {
      return this.isReady();
    },
    lag: (of: TopicPartition): number | undefined => {
      const reading = this.#reading.get(nameOf(of));
      return reading && (this.#lags.get(nameOf(of)) ?? this.end(of) - reading.offset);
    },
    coveredAtMs: (): number => this.heardOfInputAtMs,
  };

  readonly positions = {
    read: async (partitions: readonly TopicPartition[]): Promise<StoredPosition[]> => {
      this.calls.push(`positions ${partitions.map(nameOf).join(" ")}`);
      const error = this.positionErrors.shift();
      if (error !== undefined) throw error;
      const metadata = writePositionMetadata({ writer: this.formerWriter, streamTimeMs: -1 });
      return partitions.map((of) => this.#committed.get(nameOf(of)) ?? { ...of, offset: 0, metadata });
    },
  };

  /** What `describe` says of every changelog, beside its ends. */
  facts = { clusterId: "fake", topicId: "1", startOffset: 0, deleteRetentionMs: 86_400_000 };

  readonly changelogs = {
    describe: async (of: TopicPartition): Promise<ChangelogFacts> => {
      this.calls.push(`describe ${nameOf(of)}`);
      return { ...this.facts, endOffset: this.#changelog(of).length };
    },
    replay: async (
      of: TopicPartition,
      apply: (record: RawRecord) => void,
      _onStall: () => Promise<void>,
      { fromOffset = 0, endOffset, onProgress }: ReplayOptions = {},
    ): Promise<Replayed> => {
      const until = fromOffset === 0 || endOffset === undefined ? "" : ` to ${endOffset}`;
      this.calls.push(`replay ${nameOf(of)}${fromOffset === 0 ? "" : ` from ${fromOffset}`}${until}`);
      await this.beforeReplay?.();
      const log = this.#changelog(of).slice(0, endOffset);
      const records = log.slice(fromOffset);
      for (const [i, record] of records.entries()) apply({ ...record, offset: fromOffset + i });
      const progress = { records: records.length, fromOffset, nextOffset: log.length };
      await onProgress?.({ ...progress, endOffset: log.length });
      return progress;
    },
  };

  #changelog(of: TopicPartition): readonly OutgoingRecord[] {
    return this.topic(of.topic).filter(({ partition }) => partition === of.partition);
  }

  async openSender() {
    this.calls.push("open sender");
    await this.beforeOpenSender?.();
    const error = this.openSenderErrors.shift();
    if (error !== undefined) throw error;
    return { commit: (commit: AtomicCommit) => this.#commit(commit) };
  }

  async fenceWriters(partitions: readonly TopicPartition[]): Promise<void> {
    this.calls.push(`fence writers of ${partitions.map(nameOf).join(" ")}`);
  }

  interrupt(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  async close(): Promise<void> {
    this.calls.push("close");
  }

  private fence() {
    return { groupId: "fake", generationId: this.generation, memberId: "m", groupInstanceId: "0" };
  }

  async #commit(commit: AtomicCommit): Promise<CommittedEnds> {
    this.calls.push(`commit generation ${commit.fence.generationId}`);
    await this.beforeCommit?.(commit);
    const error = this.commitErrors.shift();
    if (error !== undefined) throw error;
    if (commit.fence.generationId !== this.generation) throw new FencedError("ILLEGAL_GENERATION");
    this.commits.push(commit);
    for (const record of commit.records) {
      const topic = this.#topics.get(record.topic) ?? [];
      topic.push(record);
      this.#topics.set(record.topic, topic);
    }
    for (const offset of commit.offsets) this.#committed.set(nameOf(offset), offset);
    const lost = this.lostAnswers.shift();
    if (lost !== undefined) throw lost;
    return new Map(
      commit.records.map(({ topic, partition }) => {
        const of = { topic, partition };
        return [nameOf(of), this.#changelog(of).length] as const;
      }),
    );
  }

  /** The next chunk in the order in which the partitions were assigned. */
  #take(patient: boolean, forGood: boolean): FetchedChunk | undefined {
    for (const reading of this.#reading.values()) {
      if (this.slow.has(reading.of.partition) && !patient) continue;
      const chunk = this.#log.get(nameOf(reading.of))?.find(({ nextOffset }) => nextOffset > reading.offset);
      if (chunk === undefined) continue;
      const from = reading.offset;
      if (forGood) reading.offset = chunk.nextOffset;
      return { ...chunk, records: chunk.records.filter(({ offset }) => offset >= from) };
    }
    return undefined;
  }
}

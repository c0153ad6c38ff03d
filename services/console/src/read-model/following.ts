// Follows the topics into the read model, for as long as the process lives.
//
//   F1. After any failure it begins again from the stored offsets: nothing is applied that was not committed with them.
//   F2. A batch is bounded, and between two of them the process answers requests: a rebuild makes it slow, not deaf.
//   F3. Topics that are no longer those the database was made of, or have lost their end, end the process; the next start
//       builds a new database.
//   F4. A full disk is waited out with the batch in hand: it stands still, says why, and goes on when there is room.

import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "@riffle/service-kit/process";
import { type FetchedChunk, type LogRange, TopicFollower, type WireOptions } from "@riffle/streams/kafka";
import { DiskFullError, type ReadModelErrorCode } from "./errors.ts";
import { LogTruncatedError, type ReadModel } from "./read-model.ts";

/** What following needs. */
export interface FollowingOptions {
  readonly model: ReadModel;
  readonly connect: () => Promise<TopicFollower>;
  /** What `TopicFollower.identity` said when the database was opened. */
  readonly source: string;
  readonly log: Logger;
  readonly fatal: (error: unknown) => never;
  /** Time between two tries while the disk is full. @default 5,000 */
  readonly diskRetryMs?: number;
}

/** Records of one transaction, about: some 30 ms of work, during which no request is answered. */
const batchRecordsMax = 1_500;
const batchChunksMax = 64;
const waitMs = 500;
const pauseMsMin = 250;
const pauseMsMax = 5_000;
const diskRetryMsDefault = 5_000;
const progressEveryMs = 5_000;

/** Connects a follower whose chunks are small enough for a batch. */
export const connectFollower = (wire: WireOptions, topics: readonly string[]): Promise<TopicFollower> =>
  TopicFollower.connect({
    ...wire,
    topics,
    fetch: { partitionBytesMax: 256 << 10, prefetchBytesMax: 1 << 20 },
  });

/** The loop. */
export class Following {
  readonly #options: FollowingOptions;
  readonly #stop = new AbortController();
  #follower: TopicFollower | undefined;
  #running: Promise<void> | undefined;
  #failure: string | undefined;
  #saidAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: FollowingOptions) {
    this.#options = options;
  }

  /** Why it is not following now; undefined while it is. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Begins in the background, with a follower that is connected already if there is one. */
  start(follower?: TopicFollower): void {
    this.#running ??= this.#run(follower);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#follower?.interrupt();
    await this.#running;
  }

  async #run(first: TopicFollower | undefined): Promise<void> {
    let connected = first;
    for (let pauseMs = pauseMsMin; !this.#isStopping; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
      const applied = this.#options.model.progress().applied;
      try {
        this.#follower = connected ?? (await this.#options.connect());
        connected = undefined;
        await this.#follow(this.#follower);
      } catch (error) {
        this.#stand("CONSOLE_NOT_FOLLOWING", error);
        this.#options.log.warn({ err: error, pauseMs }, "following the topics failed; it begins again");
        if (this.#options.model.progress().applied > applied) pauseMs = pauseMsMin;
      } finally {
        await this.#follower?.close();
        this.#follower = undefined;
      }
      await this.#pause(pauseMs);
    }
  }

  async #follow(follower: TopicFollower): Promise<void> {
    const { model, source, fatal } = this.#options;
    if ((await follower.identity()) !== source) {
      fatal(
        new Error("Following the topics: they were deleted and made again. Start anew, to build from them."),
      );
    }
    const starts = this.#begin(await follower.ranges());
    for (const { topic, partition, start } of starts) follower.follow({ topic, partition }, start);
    this.#goOn();
    const lag = (): number => starts.reduce((sum, partition) => sum + (follower.lag(partition) ?? 0), 0);
    while (!this.#isStopping) {
      const first = await follower.next(waitMs);
      if (first === undefined) model.observeLag(lag());
      else {
        await this.#apply(await moreOf(follower, first), lag);
        this.#sayProgress();
        await immediately();
      }
    }
  }

  /** F4. */
  async #apply(chunks: readonly FetchedChunk[], lag: () => number): Promise<void> {
    const { model, log, diskRetryMs = diskRetryMsDefault } = this.#options;
    while (!this.#isStopping) {
      try {
        model.apply(chunks, lag());
        if (this.#failure === undefined) return;
        log.info("there is room on the disk again; the read model goes on");
        this.#goOn();
        return;
      } catch (error) {
        if (!(error instanceof DiskFullError)) throw error;
        if (this.#failure === undefined)
          log.error({ err: error }, "the disk is full; the read model stands still");
        this.#stand(error.code, error);
        model.observeLag(lag());
      }
      await this.#pause(diskRetryMs);
    }
  }

  #stand(code: ReadModelErrorCode, error: unknown): void {
    this.#failure = error instanceof Error ? error.message : String(error);
    this.#options.model.observeFailure(code);
  }

  #goOn(): void {
    this.#failure = undefined;
    this.#options.model.observeFailure(null);
  }

  get #isStopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Waits, and no longer than until it is to stop. */
  async #pause(ms: number): Promise<void> {
    if (this.#isStopping) return;
    await delay(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }

  /** @returns where to read each partition on (F3) */
  #begin(ranges: readonly LogRange[]): LogRange[] {
    const { model, fatal } = this.#options;
    try {
      return model.begin(ranges);
    } catch (error) {
      if (!(error instanceof LogTruncatedError)) throw error;
      model.database.disown();
      return fatal(error);
    }
  }

  #sayProgress(): void {
    const now = performance.now();
    const { model, log } = this.#options;
    const progress = model.progress();
    if (progress.phase === "live" && this.#saidAtMs === Number.POSITIVE_INFINITY) return;
    if (progress.phase === "live") {
      this.#saidAtMs = Number.POSITIVE_INFINITY;
      log.info({ applied: progress.applied }, "the read model is up to date");
    } else if (now - this.#saidAtMs > progressEveryMs) {
      this.#saidAtMs = now;
      log.info({ ...progress }, "building the read model");
    }
  }
}

/** What is ready besides the first chunk, within the bounds of a batch (F2). */
const moreOf = async (follower: TopicFollower, first: FetchedChunk): Promise<FetchedChunk[]> => {
  const chunks = [first];
  let records = first.records.length;
  while (follower.ready && records < batchRecordsMax && chunks.length < batchChunksMax) {
    const chunk = await follower.next(0);
    if (chunk === undefined) break;
    chunks.push(chunk);
    records += chunk.records.length;
  }
  return chunks;
};

const immediately = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

// The gate to Kafka: a record goes through it, and the answer is quick and honest.
//
//   G1. "recorded" is said only after the sender resolved, that is after every in-sync replica has the record (P1).
//   G2. After `deadlineMs` the answer is "unknown", whatever the sender does later; its late outcome is still awaited
//       and counted, never unhandled.
//   G3. At most `unsettledMax` records and `unsettledBytesMax` bytes are with the sender; beyond that the answer is
//       "full", at once. A stalled broker therefore costs bounded memory, though clients keep asking.
//   G4. When a send failed or was late and none has succeeded for a second, only a few are let through to see whether
//       Kafka is back; the others are told "unreachable", at once. So in an outage few outcomes are unknown, and it is
//       over for clients as soon as one of those few is recorded. A single leader in trouble does not bring it about.
//   G5. Its deadlines and spans are of the monotonic clock: a wall clock that is set gives nobody an answer early or late.

import type { CheckResult, Logger } from "@riffle/service-kit/process";
import type { SendRecord } from "@riffle/streams/kafka";
import type { Clock } from "./clock.ts";
import type { IngestMetrics } from "./ingest-metrics.ts";

/** What the gate sends with. Implemented by the idempotent producer of @riffle/streams. */
export interface RecordSender {
  /**
   * Sends one record with acks=all. Resolves once every in-sync replica has it; rejects when it was refused, or when
   * whether it was written is not known. Records of one key keep the order of the calls.
   */
  send(record: SendRecord): Promise<void>;
}

/** What became of a record, as far as its sender may be told. Of "full" and "unreachable" nothing was sent. */
export type SendOutcome = "recorded" | "unknown" | "full" | "unreachable";

/** What a gate is made of. */
export interface RecordGateOptions {
  readonly sender: RecordSender;
  readonly clock: Clock;
  readonly metrics: IngestMetrics;
  readonly log: Logger;
  /** How long a client waits for the confirmation, in milliseconds. */
  readonly deadlineMs: number;
  /** How many records may be with the sender at once. */
  readonly unsettledMax: number;
  /** How many bytes of values may be. */
  readonly unsettledBytesMax: number;
}

/** A record whose sender has no answer yet. */
interface Unanswered {
  readonly deadlineAtMs: number;
  /** Undefined once it was called. */
  answer: ((outcome: SendOutcome) => void) | undefined;
}

/** After a failure the gate reports itself unready this long, then lets traffic try again. */
const unreadyAfterFailureMs = 5_000;
/** One line a second says how many sends failed; a line each would drown the log in an outage. */
const failureLogIntervalMs = 1_000;
/** How many may be with the sender while Kafka does not answer (G4): enough to try several partitions. */
const trialsMax = 16;
const outOfReachAfterMs = 1_000;
/** Batches leave the rest to single transactions. */
const batchShare = 0.75;

/** The way of all records to Kafka. */
export class RecordGate {
  readonly #options: RecordGateOptions;
  readonly #batchMax: number;
  #unsettled = 0;
  #unsettledBytes = 0;
  /** In the order of their deadlines, which is that of their coming; the answered ones are dropped from its head. */
  #unanswered: Unanswered[] = [];
  #unansweredCount = 0;
  #cancelExpiry: (() => void) | undefined;
  #waitingForRoom: (() => void)[] = [];
  #failedAtMs: number | undefined;
  #recordedAtMs = Number.NEGATIVE_INFINITY;
  #failuresUnlogged = 0;
  #failureLoggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RecordGateOptions) {
    this.#options = options;
    this.#batchMax = Math.max(1, Math.floor(options.unsettledMax * batchShare));
  }

  /**
   * Sends a record and says once what is known of it within the deadline, at the latest.
   *
   * @param answer called once, perhaps before this returns
   */
  send(record: SendRecord, answer: (outcome: SendOutcome) => void): void {
    const refused = this.#refusal();
    if (refused !== undefined) {
      this.#noteFailure(refused, undefined);
      answer(refused);
      return;
    }
    const { clock, metrics, deadlineMs } = this.#options;
    const sentAtMs = clock.monotonicMs();
    const bytes = record.value.length;
    metrics.unsettledSends.set(++this.#unsettled);
    this.#unsettledBytes += bytes;
    const waiting: Unanswered = { deadlineAtMs: sentAtMs + deadlineMs, answer };
    this.#unanswered.push(waiting);
    this.#unansweredCount++;
    this.#watchDeadlines(deadlineMs);
    this.#sendNow(record).then(
      () => {
        this.#settle(bytes);
        this.#failedAtMs = undefined;
        this.#recordedAtMs = clock.monotonicMs();
        metrics.recorded.inc();
        metrics.sendSeconds.observe((this.#recordedAtMs - sentAtMs) / 1_000);
        this.#answer(waiting, "recorded");
      },
      (error: unknown) => {
        this.#settle(bytes);
        this.#noteFailure("failed", error);
        this.#answer(waiting, "unknown");
      },
    );
  }

  /**
   * Room for one more record of a batch: `undefined` when there is, else a promise that resolves when there may be.
   * While Kafka is out of reach there is, so that the record gets its refusal.
   */
  room(): Promise<void> | undefined {
    if (this.#isOutOfReach() || this.#hasRoom()) return undefined;
    return new Promise((resolve) => this.#waitingForRoom.push(resolve));
  }

  /** Whether the last send went well, or long enough ago to try again: a readiness check. */
  check(): CheckResult {
    const failedAgoMs = this.#options.clock.monotonicMs() - (this.#failedAtMs ?? Number.NEGATIVE_INFINITY);
    return failedAgoMs < unreadyAfterFailureMs
      ? { ok: false, detail: `a send failed ${failedAgoMs} ms ago, none has succeeded since` }
      : { ok: true, detail: `connected, ${this.#unsettled} sends unsettled` };
  }

  #refusal(): "full" | "unreachable" | undefined {
    if (this.#unsettled >= trialsMax && this.#isOutOfReach()) return "unreachable";
    const { unsettledMax, unsettledBytesMax } = this.#options;
    return this.#unsettled >= unsettledMax || this.#unsettledBytes >= unsettledBytesMax ? "full" : undefined;
  }

  #isOutOfReach(): boolean {
    if (this.#failedAtMs === undefined) return false;
    return this.#options.clock.monotonicMs() - this.#recordedAtMs >= outOfReachAfterMs;
  }

  #hasRoom(): boolean {
    return (
      this.#unsettled < this.#batchMax && this.#unsettledBytes < this.#options.unsettledBytesMax * batchShare
    );
  }

  /** A sender that throws instead of rejecting has failed, too. */
  async #sendNow(record: SendRecord): Promise<void> {
    await this.#options.sender.send(record);
  }

  #settle(bytes: number): void {
    this.#options.metrics.unsettledSends.set(--this.#unsettled);
    this.#unsettledBytes -= bytes;
    if (this.#waitingForRoom.length > 0 && this.#hasRoom()) this.#letIn();
  }

  #letIn(): void {
    const waiting = this.#waitingForRoom;
    this.#waitingForRoom = [];
    for (const resolve of waiting) resolve();
  }

  #answer(waiting: Unanswered, outcome: SendOutcome): void {
    const { answer } = waiting;
    if (answer === undefined) return;
    waiting.answer = undefined;
    if (--this.#unansweredCount === 0) {
      this.#unanswered = [];
      this.#cancelExpiry?.();
      this.#cancelExpiry = undefined;
    }
    answer(outcome);
  }

  /** One timer for all: it goes off for the oldest. */
  #watchDeadlines(afterMs: number): void {
    this.#cancelExpiry ??= this.#options.clock.after(afterMs, () => this.#expire());
  }

  #expire(): void {
    this.#cancelExpiry = undefined;
    const nowMs = this.#options.clock.monotonicMs();
    const fresh = this.#unanswered.findIndex(({ answer, deadlineAtMs }) => answer && deadlineAtMs > nowMs);
    const over = this.#unanswered.splice(0, fresh < 0 ? this.#unanswered.length : fresh);
    const next = this.#unanswered[0];
    if (next !== undefined) this.#watchDeadlines(next.deadlineAtMs - nowMs);
    for (const waiting of over) {
      if (waiting.answer === undefined) continue;
      this.#noteFailure("late", undefined);
      this.#answer(waiting, "unknown");
    }
  }

  #noteFailure(how: "full" | "unreachable" | "late" | "failed", error: unknown): void {
    const { clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    // What was refused here says nothing about Kafka.
    if (how === "late" || how === "failed") {
      this.#failedAtMs = nowMs;
      this.#letIn();
    }
    this.#failuresUnlogged++;
    if (nowMs - this.#failureLoggedAtMs < failureLogIntervalMs) return;
    log.warn(
      { how, failures: this.#failuresUnlogged, unsettled: this.#unsettled, err: error },
      "transactions were not recorded in time",
    );
    this.#failuresUnlogged = 0;
    this.#failureLoggedAtMs = nowMs;
  }
}

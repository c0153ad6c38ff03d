// The gate to Kafka: a record goes through it, and the answer is quick and honest.
//
//   G1. "recorded" is said only after the sender resolved, that is after every in-sync replica has the record (P1).
//   G2. After `deadlineMs` the answer is "unknown", whatever the sender does later; its late outcome is still awaited
//       and counted, never unhandled.
//   G3. At most `unsettledMax` records are with the sender; beyond that the answer is "full", at once. A stalled broker
//       therefore costs bounded memory, though clients keep asking.

import type { CheckResult, Logger } from "@riffle/service-kit";
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

/** What became of a record, as far as its sender may be told. */
export type SendOutcome = "recorded" | "unknown" | "full";

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
}

/** After a failure the gate reports itself unready this long, then lets traffic try again. */
const unreadyAfterFailureMs = 5_000;
/** One line a second says how many sends failed; a line each would drown the log in an outage. */
const failureLogIntervalMs = 1_000;

/** The way of all records to Kafka. */
export class RecordGate {
  readonly #options: RecordGateOptions;
  #unsettled = 0;
  #failedAtMs: number | undefined;
  #failuresUnlogged = 0;
  #failureLoggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RecordGateOptions) {
    this.#options = options;
  }

  /** Sends a record and says what is known of it within the deadline. Never rejects. */
  send(record: SendRecord): Promise<SendOutcome> {
    const { clock, metrics, deadlineMs, unsettledMax } = this.#options;
    if (this.#unsettled >= unsettledMax) {
      this.#noteFailure("full", undefined);
      return Promise.resolve("full");
    }
    metrics.unsettledSends.set(++this.#unsettled);
    const sentAtMs = clock.nowMs();
    return new Promise((resolve) => {
      const callOff = clock.after(deadlineMs, () => {
        this.#noteFailure("late", undefined);
        resolve("unknown");
      });
      const settle = (): void => {
        callOff();
        metrics.unsettledSends.set(--this.#unsettled);
      };
      this.#sendNow(record).then(
        () => {
          settle();
          this.#failedAtMs = undefined;
          metrics.sendSeconds.observe((clock.nowMs() - sentAtMs) / 1_000);
          resolve("recorded");
        },
        (error: unknown) => {
          settle();
          this.#noteFailure("failed", error);
          resolve("unknown");
        },
      );
    });
  }

  /** Whether the last send went well, or long enough ago to try again: a readiness check. */
  check(): CheckResult {
    const failedAgoMs = this.#options.clock.nowMs() - (this.#failedAtMs ?? Number.NEGATIVE_INFINITY);
    return failedAgoMs < unreadyAfterFailureMs
      ? { ok: false, detail: `a send failed ${failedAgoMs} ms ago, none has succeeded since` }
      : { ok: true, detail: `connected, ${this.#unsettled} sends unsettled` };
  }

  /** A sender that throws instead of rejecting has failed, too. */
  async #sendNow(record: SendRecord): Promise<void> {
    await this.#options.sender.send(record);
  }

  #noteFailure(how: "full" | "late" | "failed", error: unknown): void {
    const { clock, log } = this.#options;
    const nowMs = clock.nowMs();
    this.#failedAtMs = nowMs;
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

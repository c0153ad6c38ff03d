// The way of one transaction from its bytes to its answer, the same for a request of its own and for a line of a batch.
//
//   I1. Nothing is sent before it has been accepted (accept-transaction.ts), and 202 is answered only for what every
//       in-sync replica has (record-gate.ts).
//   I2. A repeat of what was answered 202 a moment ago is answered the same and not sent again.
//   I3. An id that is known here with other content, or with another account, is answered 409, and sent nonetheless with
//       a header that says so: the filter puts it on record as a conflict, and it has no effect.

import { headerNames, type RecordHeaders, topics } from "@riffle/contracts";
import { failPoint } from "@riffle/streams";
import { type Accepted, acceptTransaction } from "./accept-transaction.ts";
import type { Clock } from "./clock.ts";
import { idConflict, kafkaUnreachable, notRecordedInTime, overloaded, type Problem } from "./problem.ts";
import type { RecentAnswers } from "./recent-answers.ts";
import type { RecordGate, SendOutcome } from "./record-gate.ts";

/** What all transactions of a request have in common. */
export interface Submission {
  readonly receivedAtMs: number;
  readonly traceparent: string;
  /** From the header; it is the id of the one transaction. */
  readonly idempotencyKey?: string;
}

/** What a transaction is answered with. */
export type Answer =
  | {
      readonly kind: "accepted";
      readonly id: string;
      readonly accountId: string;
      /** Whether it was answered before, and not sent again. */
      readonly isRepeat: boolean;
    }
  | {
      readonly kind: "refused";
      readonly problem: Problem;
      /** Where it could be read. */
      readonly id?: string;
    };

/** What an intake is made of. */
export interface IntakeOptions {
  readonly gate: RecordGate;
  readonly recent: RecentAnswers;
  readonly clock: Clock;
}

const { name: topic, codec } = topics.transactionsReceived;

const problemOf: Readonly<Record<Exclude<SendOutcome, "recorded">, Problem>> = {
  full: overloaded,
  unreachable: kafkaUnreachable,
  unknown: notRecordedInTime,
};

/** Takes transactions in. */
export class Intake {
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** What the transactions of a request that has just come have in common. */
  submission(traceparent: string, idempotencyKey: string | undefined): Submission {
    const receivedAtMs = this.#options.clock.nowMs();
    return { receivedAtMs, traceparent, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
  }

  /** See {@link RecordGate.room}. */
  room(): Promise<void> | undefined {
    return this.#options.gate.room();
  }

  /**
   * Judges and sends one transaction.
   *
   * @param answer called once, perhaps before this returns
   */
  take(bytes: Uint8Array, submission: Submission, answer: (answer: Answer) => void): void {
    const verdict = acceptTransaction(bytes, submission.receivedAtMs, submission.idempotencyKey);
    if (verdict.kind === "refused") {
      answer(verdict);
      return;
    }
    const { id, accountId } = verdict.transaction;
    const known = this.#options.recent.judge(id, verdict.value);
    if (known === "repeat") {
      answer({ kind: "accepted", id, accountId, isRepeat: true });
      return;
    }
    failPoint("before-accept");
    const headers = headersOf(submission, known === "conflict");
    this.#send(verdict, headers, (outcome) => {
      if (outcome !== "recorded") return answer({ kind: "refused", problem: problemOf[outcome], id });
      failPoint("after-accept");
      if (known === "conflict") return answer({ kind: "refused", problem: idConflict, id });
      this.#options.recent.remember(id, verdict.value);
      answer({ kind: "accepted", id, accountId, isRepeat: false });
    });
  }

  #send(accepted: Accepted, headers: RecordHeaders, answer: (outcome: SendOutcome) => void): void {
    const { transaction, value, occurredAtMs: timestampMs } = accepted;
    this.#options.gate.send({ topic, key: transaction.accountId, value, timestampMs, headers }, answer);
  }
}

const headersOf = ({ traceparent, receivedAtMs }: Submission, isConflict: boolean): RecordHeaders => ({
  [headerNames.schema]: codec.schema,
  [headerNames.traceparent]: traceparent,
  [headerNames.receivedAt]: String(receivedAtMs),
  ...(isConflict ? { [headerNames.idConflict]: "true" } : {}),
});

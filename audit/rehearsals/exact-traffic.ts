// Traffic whose outcome is known to the record: what was sent, what was answered, and in the end whether the topics hold
// exactly what the reference model makes of it.
//
//   ET1. A transaction that was answered 202 is in ingest's topic with its content, nothing is there that nobody sent like that,
//       and none was refused.
//   ET2. Every topic holds, record by record and in order, what the model computes from ingest's topic: nothing lost,
//        nothing doubled.
//
// The services run with their defaults, but for IDLE_AFTER_MS: stream time must not follow the wall clock, or the windows
// that are closed would depend on how long the rehearsal took.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Transaction } from "@riffle/contracts";
import { acceptanceFaults } from "../faults/acceptance.ts";
import { Load } from "../faults/load.ts";
import { LoadLog, readLoadLog } from "../faults/load-log.ts";
import { Sent } from "../faults/sent.ts";
import { modelDefaults } from "../model/options.ts";
import { contentDigestOf } from "../model/record-lines.ts";
import { untilDrained } from "../pipeline/drained.ts";
import { differences, readPipeline } from "../pipeline/topic-answers.ts";
import { closers, preload } from "../workload/preload.ts";
import { makeTransactions } from "../workload/transactions.ts";

/** What the services must be started with. */
export const rehearsalEnvironment = { IDLE_AFTER_MS: "86400000" } as const;

/** Where the pipeline is. */
export interface Target {
  readonly brokers: readonly string[];
  readonly ingestUrl: string;
}

/** What came of it. */
export interface Outcome {
  /** Transactions answered 202 over HTTP. */
  readonly accepted: number;
  /** Requests, repeats included. */
  readonly attempts: number;
  /** Transactions in ingest's topic. */
  readonly received: number;
  readonly screened: number;
  readonly windows: number;
  readonly alerts: number;
  /** What does not hold, in words. */
  readonly violations: readonly string[];
}

/** The outcome for people: the counts, and what does not hold. */
export const outcomeLines = ({ violations, ...counts }: Outcome): string[] => [
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", "),
  ...violations.map((line) => `✗ ${line}`),
  ...(violations.length === 0 ? ["0 lost, 0 doubled, every 202 was true"] : []),
];

const hourMs = 3_600_000;
const perPiece = 20_000;
/** Requests under way at once. With a few, those for one partition that is in trouble would hold up all others. */
const requestsMax = 32;
/** How long the end of a rehearsal waits for answers. */
const answersWithinMs = 15_000;
/** Event time runs this much faster than the clock, so that windows close all the time. */
const eventTimeFactor = 12;

/** One run's traffic; its ids are its own, so that runs on one cluster do not meet. */
export class ExactTraffic {
  readonly #target: Target;
  readonly #seed: number;
  readonly #startMs = Math.floor((Date.now() - 24 * hourMs) / 60_000) * 60_000;
  readonly #sent = new Sent();
  readonly #folder = mkdtempSync(join(tmpdir(), "riffle-rehearsal-"));
  readonly #log = new LoadLog(join(this.#folder, "answers.log"));
  readonly #preloaded: Transaction[] = [];
  #load: Load | undefined;
  #accepted = 0;
  #attempts = 0;
  #pieces = 0;

  constructor(target: Target, seed: number) {
    this.#target = target;
    this.#seed = seed;
  }

  /** Transactions answered 202 so far. */
  get accepted(): number {
    return this.#accepted + (this.#load?.accepted ?? 0);
  }

  /** Requests so far. */
  get attempts(): number {
    return this.#attempts + (this.#load?.attempts ?? 0);
  }

  /** Posts at this rate from now on, until {@link pause}. */
  start(rate: number): void {
    this.#load = new Load({
      ingestUrl: this.#target.ingestUrl,
      log: this.#log,
      transactions: this.#endless(rate),
      rate,
      singles: requestsMax,
    });
  }

  /** Sends nothing new, and resolves when everything sent has its answer. */
  async pause(): Promise<void> {
    await this.#load?.stop();
    this.#accepted = this.accepted;
    this.#attempts = this.attempts;
    this.#load = undefined;
  }

  /** Writes a backlog of `count` straight into ingest's topic, faster than ingest would take it. */
  async backlog(count: number): Promise<void> {
    const transactions = this.#piece(count, (count / 2_000) * 1_000 * eventTimeFactor);
    for (const transaction of transactions) this.#preloaded.push(transaction);
    await preload(this.#target.brokers, transactions);
  }

  /** Closes the windows, waits until nothing is left to do, and compares. */
  async verdict(withinMs: number): Promise<Outcome> {
    await this.pause();
    const last = closers(`s${this.#seed}.end`, Date.now());
    for (const transaction of last) this.#sent.add(transaction);
    const { ingestUrl, brokers } = this.#target;
    const closing = new Load({ ingestUrl, log: this.#log, transactions: last, rate: 1_000 });
    await untilEnded(closing, last.length);
    this.#log.close();
    await untilDrained(brokers, ["filter", "aggregator", "fraud-detector", "notifier"], withinMs);
    const records = await readPipeline(brokers);
    const received = records.received.flat();
    const count = (of: "screened" | "windows" | "alerts"): number =>
      records.answers.reduce((sum, answer) => sum + answer[of].length, 0);
    return {
      accepted: this.accepted + closing.accepted,
      attempts: this.attempts + closing.attempts,
      received: received.length,
      screened: count("screened"),
      windows: count("windows"),
      alerts: count("alerts"),
      violations: [...this.#acceptance(received), ...differences(records, modelDefaults)],
    };
  }

  /** Sends nothing new, waits a moment for answers (an ingest that hangs gives none), and removes what it wrote down. */
  async close(): Promise<void> {
    await Promise.race([this.pause(), delay(answersWithinMs, undefined, { ref: false })]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** ET1. */
  #acceptance(received: readonly Transaction[]): string[] {
    // What was written straight into the topic was promised by the brokers.
    const written = this.#preloaded.map((one) => ({
      id: one.id,
      content: contentDigestOf(one),
      outcome: "accepted" as const,
    }));
    const answered = readLoadLog(join(this.#folder, "answers.log"));
    return acceptanceFaults({ sent: this.#sent, answered: [...answered, ...written], received });
  }

  *#endless(rate: number): Generator<Transaction> {
    for (;;) yield* this.#piece(perPiece, (perPiece / rate) * 1_000 * eventTimeFactor);
  }

  /** The next piece; each is later in event time than all before it began. */
  #piece(transactions: number, spanMs: number): Transaction[] {
    const piece = this.#pieces++;
    const made = makeTransactions({
      seed: this.#seed + piece,
      transactions,
      accounts: 2_000,
      startMs: this.#startMs + piece * 60_000,
      spanMs: Math.floor(Math.min(spanMs, 12 * hourMs)),
      fraudOneOf: 60,
      prefix: `s${this.#seed}.${piece}`,
    });
    for (const transaction of made) this.#sent.add(transaction);
    return made;
  }
}

/** `stop` takes nothing new; this waits until the last one was taken. */
const untilEnded = async (load: Load, count: number): Promise<void> => {
  const deadline = Date.now() + 60_000;
  while (load.accepted < count) {
    if (Date.now() > deadline) throw new Error(`only ${load.accepted} of ${count} were accepted in a minute`);
    await delay(100);
  }
  await load.stop();
};

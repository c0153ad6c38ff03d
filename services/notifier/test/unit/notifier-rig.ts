// A notifier without a broker: one task, time in the test's hands, endpoints that answer as told.

import { type Alert, type Notification, type NotifierCommand, topics } from "@riffle/contracts";
import { stageOf } from "@riffle/service-kit";
import { type DrivenRecord, StageDriver } from "@riffle/streams/testing";
import type { AttemptResult, Channel, Message, Verdict } from "../../src/channels/channel.ts";
import { Dispatcher } from "../../src/deliveries/dispatcher.ts";
import type { QueueClock } from "../../src/deliveries/endpoint-queue.ts";
import type { Endpoint } from "../../src/endpoint.ts";
import { Notifier } from "../../src/notifier.ts";

export const startMs = Date.UTC(2026, 2, 1, 12);

/** A clock that moves when it is told to. */
export class HandClock implements QueueClock {
  #nowMs = startMs;
  readonly #timers = new Set<{ readonly atMs: number; readonly call: () => void }>();

  readonly nowMs = (): number => this.#nowMs;

  after(delayMs: number, call: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves to the next timer that is due by then, and calls it. @returns whether there was one */
  step(untilMs: number): boolean {
    const [next] = [...this.#timers].toSorted((a, b) => a.atMs - b.atMs);
    if (next === undefined || next.atMs > untilMs) return false;
    this.#timers.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.call();
    return true;
  }

  jump(toMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }
}

export const answer = (verdict: Verdict, retryAfterMs?: number): AttemptResult => ({
  attempt: {
    at: "2026-03-01T12:00:00Z",
    status: verdict === "delivered" ? 204 : 503,
    durationMs: 1,
    ...(verdict === "delivered" ? {} : { error: `answered: ${verdict}` }),
  },
  verdict,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

/** An attempt that the test has in hand. */
export interface OpenAttempt {
  readonly message: Message;
  readonly signal: AbortSignal;
  end(result: AttemptResult): void;
}

/** Answers at once as told, or when the test says so. */
export class ScriptedChannel implements Channel {
  readonly name: string;
  /** Every message that was tried, in order. */
  readonly tried: Message[] = [];
  /** Attempts that wait for the test, while `answers` is undefined. */
  readonly open: OpenAttempt[] = [];
  answers: ((message: Message, attempt: number) => AttemptResult) | undefined;

  constructor(name: string, answers?: (message: Message, attempt: number) => AttemptResult) {
    this.name = name;
    this.answers = answers;
  }

  attempt(message: Message, signal: AbortSignal): Promise<AttemptResult> {
    this.tried.push(message);
    if (this.answers !== undefined) return Promise.resolve(this.answers(message, this.tried.length));
    return new Promise((end) => this.open.push({ message, signal, end }));
  }
}

export interface RigOptions {
  readonly concurrencyMax?: number;
  readonly retryWaits?: readonly number[];
  readonly wants?: (alert: Alert) => boolean;
}

const endpointOf = (channel: Channel, options: RigOptions): Endpoint => ({
  channel,
  wants: options.wants ?? (() => true),
  concurrencyMax: options.concurrencyMax ?? 4,
  retryWaits: options.retryWaits ?? [1_000, 10_000],
});

/** One task of a notifier. */
export class NotifierRig {
  readonly clock = new HandClock();
  readonly driver: StageDriver;
  readonly dispatcher: Dispatcher;
  readonly effects: boolean[] = [];
  /** `card-testing 1`: alerts of a rule that nobody wanted, as they were told after a commit. */
  readonly unwanted: string[] = [];
  /** `webhook delivered`: outcomes, as they were told after a commit. */
  readonly committed: string[] = [];

  constructor(channels: readonly Channel[], options: RigOptions = {}) {
    const endpoints = channels.map((channel) => endpointOf(channel, options));
    this.dispatcher = new Dispatcher({ endpoints, clock: this.clock });
    this.driver = new StageDriver(
      stageOf(
        "notifier",
        topics.notifierDeadLetters,
        new Notifier({
          endpoints,
          dispatcher: this.dispatcher,
          nowMs: this.clock.nowMs,
          onCommand: (_, hadEffect) => this.effects.push(hadEffect),
          onUnwanted: (rule, count) => this.unwanted.push(`${rule} ${count}`),
          onOutcome: (channel, outcome) => this.committed.push(`${channel} ${outcome}`),
        }),
      ),
    );
  }

  async send(...alerts: readonly Alert[]): Promise<void> {
    await this.driver.send(topics.alerts, ...alerts.map(recordOf));
    await this.settle();
  }

  async command(...commands: readonly NotifierCommand[]): Promise<void> {
    await this.driver.send(
      topics.notifierCommands,
      ...commands.map((value) => ({ key: "k", value, timestampMs: startMs })),
    );
    await this.settle();
  }

  async restart(): Promise<void> {
    this.driver.restart();
    await this.settle();
  }

  /** Lets what is under way come to its end, and commits it, as long as something does. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.driver.woken) {
        quiet = 0;
        await this.driver.resume();
      } else quiet++;
    }
  }

  /** Lets time pass, and everything happen that it makes happen. */
  async pass(durationMs: number): Promise<void> {
    const untilMs = this.clock.nowMs() + durationMs;
    while (this.clock.step(untilMs)) await this.settle();
    this.clock.jump(untilMs);
  }

  get outcomes(): Notification[] {
    return this.driver.emitted(topics.notifications).map(({ value }) => value);
  }

  /** `acc_42 webhook delivered 2`: account, channel, outcome or reason, number of attempts. */
  get told(): string[] {
    return this.outcomes.map(
      ({ accountId, channel, outcome, reason, attempts }) =>
        `${accountId} ${channel} ${reason ?? outcome} ${attempts.length}`,
    );
  }
}

export const recordOf = (value: Alert): DrivenRecord<Alert> => ({
  key: value.accountId,
  value,
  timestampMs: Date.parse(value.lastAt),
});

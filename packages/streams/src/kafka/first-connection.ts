// The first connection to a cluster: which broker of the list answers.
//
//   FC1. Every address of the list is tried before any is tried again. Rounds follow further and further apart until the
//        time is over; the first one is always finished, however long a broker out of reach holds it up.
//   FC2. A password or a certificate that is refused ends it at once: the next broker would refuse it too, and a user
//        can be locked out by asking again.
//   FC3. An address has answered when it has told the cluster's metadata, not when it has taken a connection.

import type { Clock } from "../clock.ts";
import { connectionFailure, type Tried, type TriedAddress } from "./connection-failure.ts";

const pauseMsMin = 100;
const pauseMsMax = 1_000;

/** How long and whom to ask. */
export interface FirstConnectionOptions extends TriedAddress {
  readonly clock: Clock;
  /** After it no further round begins, milliseconds. */
  readonly withinMs: number;
}

/**
 * Asks one address after the other until one answers.
 *
 * @param ask connects to an address of the list and loads the metadata, or rejects
 * @throws StreamsError STREAMS_CLUSTER_UNREACHABLE with what became of each address, STREAMS_AUTHENTICATION_FAILED or
 *   STREAMS_TLS_FAILED at the first such refusal (FC2)
 */
export const firstConnection = async (
  options: FirstConnectionOptions,
  ask: (broker: string) => Promise<void>,
): Promise<void> => {
  const { brokers, clock, withinMs } = options;
  const deadline = clock.now() + withinMs;
  const tried = new Map<string, Tried>();
  for (let pauseMs = pauseMsMin; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
    for (const broker of brokers) {
      try {
        return await ask(broker);
      } catch (cause) {
        tried.set(broker, { broker, times: (tried.get(broker)?.times ?? 0) + 1, cause });
        const failure = connectionFailure(options, [...tried.values()]);
        if (failure.code !== "STREAMS_CLUSTER_UNREACHABLE") throw failure;
      }
    }
    if (clock.now() + pauseMs > deadline) throw connectionFailure(options, [...tried.values()]);
    await clock.delay(pauseMs);
  }
};

/**
 * Repeats a call that has no effect, or the same effect as once, while no broker answers it: the one that was asked may
 * have been cut off a moment ago, and the next call asks another.
 *
 * @throws what the last call threw, when the time is over or it is an answer
 */
export const untilAnswered = async <R>(
  clock: Clock,
  withinMs: number,
  call: () => Promise<R>,
  isAnswer: (error: unknown) => boolean,
): Promise<R> => {
  const deadline = clock.now() + withinMs;
  for (let pauseMs = pauseMsMin; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
    try {
      return await call();
    } catch (error) {
      if (isAnswer(error) || clock.now() + pauseMs > deadline) throw error;
      await clock.delay(pauseMs);
    }
  }
};

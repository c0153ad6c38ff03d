// Profiles of this process, taken while it works.
//
//   P1. One at a time: two would measure each other.
//   P2. A profile ends by itself, after a minute at the latest, and sooner when nobody waits for it any more.
//   P3. A profile holds names of functions and files, counts and sizes; never a value of a transaction. That is why there is
//       no heap snapshot: it would hold all of them.

import { Session } from "node:inspector/promises";
import { ServiceKitError } from "./errors.ts";

/** What is measured: where time is spent, or who allocates. */
export type ProfileKind = "cpu" | "heap";

/** The longest that a profile may take, seconds. */
export const profileSecondsMax = 60;

/** Takes profiles through Node's inspector. */
export class Profiler {
  #busy = false;

  /** Whether a profile is being taken. */
  get busy(): boolean {
    return this.#busy;
  }

  /**
   * Takes a profile.
   *
   * @param seconds how long; up to {@link profileSecondsMax}
   * @param signal ends it early
   * @returns JSON as Chrome's developer tools read it: `.cpuprofile` or `.heapprofile`
   * @throws ServiceKitError KIT_PROFILER_BUSY when another is being taken
   */
  async take(kind: ProfileKind, seconds: number, signal: AbortSignal): Promise<string> {
    if (this.#busy) {
      throw new ServiceKitError(
        "KIT_PROFILER_BUSY",
        `A ${kind} profile was asked for while another is taken`,
      );
    }
    this.#busy = true;
    const session = new Session();
    try {
      session.connect();
      const waitMs = Math.min(seconds, profileSecondsMax) * 1_000;
      return await (kind === "cpu" ? cpu(session, waitMs, signal) : heap(session, waitMs, signal));
    } finally {
      session.disconnect();
      this.#busy = false;
    }
  }
}

const cpu = async (session: Session, waitMs: number, signal: AbortSignal): Promise<string> => {
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  await waited(waitMs, signal);
  const { profile } = await session.post("Profiler.stop");
  return JSON.stringify(profile);
};

const heap = async (session: Session, waitMs: number, signal: AbortSignal): Promise<string> => {
  await session.post("HeapProfiler.startSampling");
  await waited(waitMs, signal);
  const { profile } = await session.post("HeapProfiler.stopSampling");
  return JSON.stringify(profile);
};

/** Resolves when the time is over or the signal is aborted. A process that could end does not stay for it. */
const waited = (waitMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, waitMs);
    timer.unref();
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });

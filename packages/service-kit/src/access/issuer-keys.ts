// When the published keys of the tokens' issuer are fetched, and how old they may be. What is fetched is tokens.ts's.
//
//   I1. Keys older than ten minutes are fetched anew before a token is looked at: a key that its issuer has withdrawn is good
//       for no longer. An answer always counts, whatever it leaves out.
//   I2. When the issuer cannot be reached the keys of before are taken, until they are as old as the configuration allows. It is
//       asked again at the first token after 30 s; whoever comes while it is asked waits for the answer, and nobody else.
//   I3. Keys that are too old, or were never there, let nobody in: each token asks for them anew.
//   I4. The log has a line when old keys begin to be taken, when there are none that may be, and when they are fetched again.
//       A clock that was set back makes keys older, and never younger.

import type { Logger } from "../logger.ts";

/** How the keys are fetched, and how long they are taken. */
export interface IssuerKeysOptions {
  /** Fetches the keys; those of before stay when it fails. Callers at the same time share one request. */
  readonly fetchKeys: () => Promise<void>;
  /** How old they may be while the issuer cannot be reached. At least {@link freshForMs}. */
  readonly ageMsMax: number;
  readonly log: Logger;
}

/** Below this age nobody asks the issuer. */
export const freshForMs = 600_000;
const askAgainAfterMs = 30_000;

type Told = "fetched" | "old" | "none";

/** The age of an issuer's keys. */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #fetchedAtMs: number | undefined;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  /** What the log was last told (I4). */
  #told: Told = "fetched";

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /** When they were fetched last, epoch milliseconds; `undefined` before. */
  get fetchedAtMs(): number | undefined {
    return this.#fetchedAtMs;
  }

  /**
   * Sees to it that there are keys which may be taken now.
   *
   * @throws what fetching them failed with, when there are none
   */
  async bringUpToDate(nowMs: number): Promise<void> {
    const ageMs = sinceMs(this.#fetchedAtMs ?? Number.NEGATIVE_INFINITY, nowMs);
    if (ageMs < freshForMs) return;
    const mayBeTaken = ageMs < this.#options.ageMsMax;
    if (mayBeTaken && sinceMs(this.#failedAtMs, nowMs) < askAgainAfterMs) return;
    try {
      await this.#options.fetchKeys();
    } catch (error) {
      this.#failedAtMs = nowMs;
      this.#tell(mayBeTaken ? "old" : "none", error);
      if (mayBeTaken) return;
      throw error;
    }
    this.#fetchedAtMs = nowMs;
    this.#failedAtMs = Number.NEGATIVE_INFINITY;
    this.#tell("fetched");
  }

  #tell(what: Told, error?: unknown): void {
    if (this.#told === what) return;
    this.#told = what;
    const { log, ageMsMax } = this.#options;
    const minutesMax = ageMsMax / 60_000;
    if (what === "fetched") log.info("the keys of the tokens' issuer were fetched again");
    else if (what === "old") {
      log.warn(
        { reason: reasonOf(error), minutesMax },
        "the keys of the tokens' issuer cannot be fetched; those of before are taken until they are too old",
      );
    } else {
      log.error(
        { reason: reasonOf(error), minutesMax },
        "the keys of the tokens' issuer cannot be fetched, and there are none that may be taken; tokens are answered 503",
      );
    }
  }
}

const sinceMs = (atMs: number, nowMs: number): number => Math.abs(nowMs - atMs);

/** `fetch` says why in the cause alone. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

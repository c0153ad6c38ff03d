// The circuit breaker of an endpoint: an endpoint that is down is left alone instead of being asked for every delivery.
//
//   B1. It opens after `failuresMax` failed attempts in a row, and stays open for `openMs`; each time longer, up to
//       `openMsMax`, or for as long as the receiver asked for, up to the same.
//   B2. Then one attempt is let through. When it fails the breaker is open again; when it succeeds, closed.
//   B3. It knows since when nothing but failures was heard, `failingSinceMs`: for so long, at the least, the endpoint has been
//       out of reach.
//   B4. It looks at no clock: the caller says what time it is.

/** When a breaker opens, and for how long. */
export interface BreakerOptions {
  /** Failed attempts in a row that open it, at least 1. */
  readonly failuresMax: number;
  /** How long it is open at first, milliseconds. Doubles each time. */
  readonly openMs: number;
  readonly openMsMax: number;
}

/** 10 in a row; a second at first, a minute at the longest. */
export const breakerDefaults: BreakerOptions = { failuresMax: 10, openMs: 1_000, openMsMax: 60_000 };

/** Whether an endpoint may be asked now. */
export class CircuitBreaker {
  readonly #options: BreakerOptions;
  #failures = 0;
  #failingSinceMs: number | undefined;
  #retryAfterMs = 0;
  #openings = 0;
  #openUntilMs: number | undefined;
  #probing = false;

  constructor(options: BreakerOptions = breakerDefaults) {
    this.#options = options;
  }

  /** Whether it is not closed: attempts are held back, or one is let through to look. */
  get open(): boolean {
    return this.#openUntilMs !== undefined;
  }

  /** When the first of the failures in a row was noted, epoch milliseconds; undefined when the last attempt did not fail. */
  get failingSinceMs(): number | undefined {
    return this.#failingSinceMs;
  }

  /** When the next attempt may be let through, epoch milliseconds; undefined when nothing but an answer changes that. */
  get opensAtMs(): number | undefined {
    return this.#probing ? undefined : this.#openUntilMs;
  }

  /** Whether an attempt may begin; call {@link began} when it does. */
  mayTry(nowMs: number): boolean {
    return this.#openUntilMs === undefined || (!this.#probing && nowMs >= this.#openUntilMs);
  }

  /** Notes that an attempt begins. */
  began(): void {
    if (this.open) this.#probing = true;
  }

  /** Notes an attempt that was answered as it should be, or refused for a reason of its own. */
  succeeded(): void {
    this.#failures = 0;
    this.#failingSinceMs = undefined;
    this.#retryAfterMs = 0;
    this.#openings = 0;
    this.#openUntilMs = undefined;
    this.#probing = false;
  }

  /** Notes an attempt whose end says nothing about the endpoint: it was called off. */
  unheard(): void {
    this.#probing = false;
  }

  /**
   * Notes an attempt that failed.
   *
   * @param retryAfterMs what the receiver asked for
   * @returns whether this opened it, the first time or again
   */
  failed(nowMs: number, retryAfterMs = 0): boolean {
    const { failuresMax, openMs, openMsMax } = this.#options;
    this.#failures++;
    this.#failingSinceMs ??= nowMs;
    this.#retryAfterMs = Math.max(this.#retryAfterMs, retryAfterMs);
    const opens = this.open
      ? this.#probing && nowMs >= (this.#openUntilMs ?? 0)
      : this.#failures >= failuresMax;
    if (!opens) return false;
    const backoffMs = openMs * 2 ** Math.min(this.#openings++, 30);
    this.#openUntilMs = nowMs + Math.min(openMsMax, Math.max(backoffMs, this.#retryAfterMs));
    this.#retryAfterMs = 0;
    this.#probing = false;
    return true;
  }
}

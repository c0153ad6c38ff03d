// Whether a process may be given work, and whether it must be restarted.
//
//   H1. Ready = started, not draining, no fatal state, and every registered check is ok.
//   H2. Alive is false only after an explicit `fatal`. A broker outage makes a process unready, never dead: a restart
//       would not bring the broker back. A stuck event loop answers no probe at all, which is the orchestrator's signal.
//   H3. Started is true once `start` is over, for ever: what comes after, a restore of hours included, is a matter of
//       readiness, and no reason to end the process.
//   H4. A check that throws is not ok; its message is the detail.

import { ServiceKitError } from "./errors.ts";

/** The answer of one check. */
export interface CheckResult {
  readonly ok: boolean;
  /** One clause for people: `connected to 3 brokers`, `restoring, 41 % done`. */
  readonly detail: string;
}

/** A readiness check; called at each probe, so it reads a state and does no work. */
export type Check = () => CheckResult;

/** The answer to a probe. */
export interface HealthReport {
  readonly ok: boolean;
  /** Every check with its name, in order of registration. */
  readonly checks: readonly (CheckResult & { readonly name: string })[];
}

/** The readiness and liveness of a process. */
export class Health {
  readonly #checks = new Map<string, Check>();
  #phase: CheckResult = { ok: false, detail: "starting" };
  #isStarted = false;
  #fatal: string | undefined;

  /**
   * Adds a readiness check.
   *
   * @returns a function that removes it
   * @throws ServiceKitError KIT_HEALTH_CHECK_DUPLICATE when the name is taken
   */
  register(name: string, check: Check): () => void {
    if (name === "process" || this.#checks.has(name)) {
      throw new ServiceKitError(
        "KIT_HEALTH_CHECK_DUPLICATE",
        `The readiness check "${name}" is already registered; give this one another name`,
      );
    }
    this.#checks.set(name, check);
    return () => this.#checks.delete(name);
  }

  /** Says that `start` is over; until then the process is not ready. Without effect once draining. */
  started(): void {
    this.#isStarted = true;
    if (this.#phase.detail === "starting") this.#phase = { ok: true, detail: "running" };
  }

  /** Says that a shutdown has begun; the process is never ready again. */
  draining(): void {
    this.#phase = { ok: false, detail: "shutting down" };
  }

  /** Says that the process can do no more good: neither alive nor ready from now on. The first reason stays. */
  fatal(reason: string): void {
    this.#fatal ??= reason;
  }

  /** Whether the process may be given work. */
  readiness(): HealthReport {
    const process: CheckResult = this.#fatal === undefined ? this.#phase : { ok: false, detail: this.#fatal };
    const checks = [
      { name: "process", ...process },
      ...[...this.#checks].map(([name, check]) => ({ name, ...answerOf(check) })),
    ];
    return { ok: checks.every((check) => check.ok), checks };
  }

  /** Whether the process has got through its start. */
  startup(): HealthReport {
    const ok = this.#isStarted && this.#fatal === undefined;
    return { ok, checks: [{ name: "process", ok, detail: this.#fatal ?? this.#phase.detail }] };
  }

  /** Whether the process should go on living. */
  liveness(): HealthReport {
    const ok = this.#fatal === undefined;
    return { ok, checks: [{ name: "process", ok, detail: this.#fatal ?? this.#phase.detail }] };
  }
}

function answerOf(check: Check): CheckResult {
  try {
    return check();
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

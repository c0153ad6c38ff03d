// How lives of services ended, and whether it was by our hand.
//
//   LE1. A SIGKILL is ours when it was sent from here in that life, or when the life was armed to kill itself at a fail-point.
//        Any other is a stranger's, the system's above all when it is out of memory, and is counted by another name.

import { parseFailPoint } from "@riffle/streams";

/** A SIGKILL that nobody here sent (LE1). */
export const strangersKill = "SIGKILL that was not sent by the audit (is the system out of memory?)";

/** Ends by how they came: `SIGKILL`, {@link strangersKill}, another signal's name, `exit code 1`. */
export class LifeEnds {
  /** Instances whose present life ends by our hand, if it ends by SIGKILL. */
  readonly #doomed = new Set<string>();
  readonly #last = new Map<string, string>();
  readonly #counts: Record<string, number> = {};

  /** A life begins. @param failPoint the fail-point it is armed with, `after-join:kill:2` */
  begin(instance: string, failPoint: string | undefined): void {
    this.#doomed.delete(instance);
    const isArmed = failPoint !== undefined && failPoint !== "";
    if (isArmed && parseFailPoint(failPoint).action === "kill") this.#doomed.add(instance);
  }

  /** SIGKILL is about to be sent to the present life. */
  kill(instance: string): void {
    this.#doomed.add(instance);
  }

  /** A life has ended, by itself or by a signal that was not part of stopping it. */
  end(instance: string, code: number | null, signal: NodeJS.Signals | null): void {
    const isStrange = signal === "SIGKILL" && !this.#doomed.has(instance);
    const end = isStrange ? strangersKill : (signal ?? `exit code ${code}`);
    this.#last.set(instance, end);
    this.#counts[end] = (this.#counts[end] ?? 0) + 1;
  }

  /** How the last life of an instance ended that has ended. */
  lastOf(instance: string): string | undefined {
    return this.#last.get(instance);
  }

  /** How often lives of all instances ended in which way. */
  get counts(): Readonly<Record<string, number>> {
    return this.#counts;
  }
}

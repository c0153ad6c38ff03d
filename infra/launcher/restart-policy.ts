// Whether a service that ended by itself is started again, and when.
//
//   R1. It is, after a wait that doubles with each quick death in a row: 0.25, 0.5, 1, 2 s.
//   R2. The fifth quick death in a row ends everything: what fails that fast fails the same way again.
//   R3. A death after ten good seconds counts as the first one.
//   R4. Exit code 78 says that the configuration is wrong, which no restart mends.

/** How a service ended. */
export interface ServiceExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly livedMs: number;
}

export type RestartVerdict =
  | { readonly kind: "restart"; readonly afterMs: number }
  | { readonly kind: "give-up"; readonly why: string };

/** A start takes two or three seconds, so ten mean that it got well beyond it. */
const quickDeathMs = 10_000;
const quickDeathsMax = 5;
const firstWaitMs = 250;
const exitCodeConfig = 78;

/** The memory of one service's deaths. */
export class RestartPolicy {
  #quickDeaths = 0;

  /** What to do about this death. */
  died({ code, livedMs }: ServiceExit): RestartVerdict {
    if (code === exitCodeConfig) {
      return { kind: "give-up", why: "its configuration is wrong" };
    }
    this.#quickDeaths = livedMs < quickDeathMs ? this.#quickDeaths + 1 : 1;
    return this.#quickDeaths >= quickDeathsMax
      ? {
          kind: "give-up",
          why: `it ended ${quickDeathsMax} times in a row within ${quickDeathMs / 1000} s of its start`,
        }
      : { kind: "restart", afterMs: firstWaitMs * 2 ** (this.#quickDeaths - 1) };
  }
}

// What is wrong with an endpoint of the subscriptions, found before anything is sent.

/** One fault of an endpoint, ready to print behind the file's path and the endpoint's place in it. */
export interface EndpointFault {
  /** JSON Pointer within the endpoint, `/secretFiles/0`. */
  readonly pointer: string;
  /** What was found and what to do; follows "pointer: " and never holds a secret. */
  readonly problem: string;
}

/** An endpoint cannot be used as it is configured. Carries every fault that was found. */
export class EndpointError extends Error {
  override readonly name = "EndpointError";
  readonly faults: readonly EndpointFault[];

  constructor(faults: readonly EndpointFault[]) {
    super(faults.map(({ pointer, problem }) => `${pointer}: ${problem}`).join("\n"));
    this.faults = faults;
  }
}

/** Collects faults, so that all are told at once. */
export class EndpointCheck {
  readonly #faults: EndpointFault[] = [];

  /** Notes a fault where there is one. */
  note(pointer: string, problem: string | undefined): void {
    if (problem !== undefined) this.#faults.push({ pointer, problem });
  }

  /** @throws EndpointError with all faults noted so far, when there are any */
  assertNone(): void {
    if (this.#faults.length > 0) throw new EndpointError(this.#faults);
  }
}

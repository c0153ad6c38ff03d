// What the results of all batches of the process may take together.
//
//   RM1. A result counts from when it is known until its batch is answered, or its client gone. A line of two bytes is answered
//        with three hundred, so that without a bound a few hundred small requests would fill the memory.

/** Bytes of results that may be held. */
export const resultBytesMax = 64 * 1024 * 1024;

/** What a text in a list takes beside its letters, about. */
const overheadBytes = 32;

/** The results of all batches under way. */
export class ResultMemory {
  readonly #bytesMax: number;
  #bytes = 0;

  /** @param bytesMax at which no further line is read. @default resultBytesMax */
  constructor(bytesMax: number = resultBytesMax) {
    this.#bytesMax = bytesMax;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  /** The share of one batch. */
  share(): ResultShare {
    let held = 0;
    let isOver = false;
    return {
      hold: (result) => {
        // What Kafka confirms after the client has gone is told to nobody.
        if (isOver) return;
        held += result.length + overheadBytes;
        this.#bytes += result.length + overheadBytes;
      },
      end: () => {
        isOver = true;
        this.#bytes -= held;
        held = 0;
      },
    };
  }
}

/** What the results of one batch take. */
export interface ResultShare {
  hold(result: string): void;
  /** Gives back what is held, and holds nothing any more. May be called again. */
  end(): void;
}

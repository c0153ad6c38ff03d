// What was answered against what was recorded, by id.
//
// A transaction is owed to Kafka when it was answered 202 without having been recorded before, or 409 (recorded for the
// filter to reject), or as such a line of a batch; nothing else is.

/** An answer to a request of requests.ts. */
export interface FuzzAnswer {
  readonly status: number;
  readonly isReplay: boolean;
  readonly body: string;
}

/** Counts what is owed. */
export class Ledger {
  readonly #owed = new Map<string, number>();
  readonly statuses = new Map<number, number>();
  /** Answers that must not be: 5xx, or one that holds the card number. */
  readonly faults: string[] = [];

  /** @param sent the body of the request, which has the id of what was answered 409 */
  note(sent: Buffer, answer: FuzzAnswer, canary: string): void {
    const { status, body } = answer;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status >= 500)
      this.faults.push(`${status} to ${sent.toString().slice(0, 300)}: ${body.slice(0, 300)}`);
    if (body.includes(canary)) this.faults.push(`the card number came back: ${body.slice(0, 300)}`);
    if (status === 202 && !body.includes('"line"')) {
      if (!answer.isReplay) this.#owe(JSON.parse(body).id);
    } else if (status === 409) this.#owe(JSON.parse(sent.toString()).id);
    else if (status === 202 || status === 207) this.#noteBatch(body);
  }

  /** What differs between what is owed and the ids that were recorded; empty when nothing does. */
  differences(recorded: Iterable<string>): string[] {
    const left = new Map(this.#owed);
    const faults: string[] = [];
    for (const id of recorded) {
      const count = left.get(id) ?? 0;
      if (count === 0) faults.push(`${id} was recorded and not accepted, or twice`);
      else left.set(id, count - 1);
    }
    for (const [id, count] of left) if (count > 0) faults.push(`${id} was accepted and not recorded`);
    return faults;
  }

  /** How many transactions are owed. */
  get owed(): number {
    return [...this.#owed.values()].reduce((sum, count) => sum + count, 0);
  }

  #noteBatch(body: string): void {
    const results = body.startsWith("[")
      ? JSON.parse(body)
      : body
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line));
    for (const { status, id } of results) if (status === 202 || status === 409) this.#owe(id);
  }

  #owe(id: string): void {
    this.#owed.set(id, (this.#owed.get(id) ?? 0) + 1);
  }
}

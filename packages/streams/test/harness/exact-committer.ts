// A process in small: a member of a group that writes numbers to an output and commits how far it came, each step one
// atomic commit. After any error it begins again as the worker does, so that every number is to be found once.

import { setTimeout as delay } from "node:timers/promises";
import { StreamsError } from "../../src/errors.ts";
import { GroupMember } from "../../src/kafka/group-member.ts";
import type { Membership } from "../../src/kafka/ports.ts";
import { CommittedPositions } from "../../src/kafka/position-reader.ts";
import { TransactionalProducer } from "../../src/kafka/transactional-producer.ts";
import { Wire } from "../../src/kafka/wire.ts";
import { outgoing, wireOptions } from "./cluster.ts";

const transactionTimeoutMs = 4_000;
/** Short, so that a lost answer is missed soon. */
const requestTimeoutMs = 1_000;
const perCommit = 6;

/** Writes to all three partitions of the output, and commits the input's partition 0. */
export class ExactCommitter {
  readonly errors: string[] = [];
  readonly #group: string;
  readonly #input: string;
  readonly #output: string;
  readonly #wire: Wire;
  readonly #member: GroupMember;
  #membership: Membership | undefined;
  #sender: TransactionalProducer | undefined;
  #next = 0;

  private constructor(group: string, input: string, output: string, wires: readonly [Wire, Wire]) {
    this.#group = group;
    this.#input = input;
    this.#output = output;
    this.#wire = wires[0];
    this.#member = new GroupMember(wires[1], {
      groupId: group,
      groupInstanceId: "only",
      topics: [input],
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 6_000,
      heartbeatIntervalMs: 300,
    });
    this.close = async () => {
      await this.#member.leave();
      await Promise.all(wires.map((wire) => wire.close()));
    };
  }

  readonly close: () => Promise<void>;

  static async start(group: string, input: string, output: string): Promise<ExactCommitter> {
    const open = async (purpose: string): Promise<Wire> => {
      const wire = await Wire.connect({ ...wireOptions(purpose), requestTimeoutMs });
      await wire.loadTopics([input, output]);
      return wire;
    };
    return new ExactCommitter(group, input, output, [await open("commit"), await open("group")]);
  }

  /** The numbers committed are those below it, as far as it knows. */
  get next(): number {
    return this.#next;
  }

  /** One atomic commit, or one failure and what follows it. */
  async step(): Promise<void> {
    try {
      if (this.#membership === undefined || this.#member.state !== "held")
        this.#membership = await this.#member.join(this.#membership?.partitions ?? []);
      this.#sender ??= await this.#begin();
      const numbers = Array.from({ length: perCommit }, (_, i) => this.#next + i);
      await this.#sender.commit({
        records: numbers.map((n) => outgoing(this.#output, n % 3, "n", `${n}`)),
        offsets: [{ topic: this.#input, partition: 0, offset: this.#next + perCommit, metadata: "" }],
        fence: this.#membership.fence,
      });
      this.#next += perCommit;
    } catch (error) {
      if (!(error instanceof StreamsError)) throw error;
      this.errors.push(error.message);
      this.#sender = undefined;
      await delay(20);
    }
  }

  /** A fresh producer, then the position that no open transaction can still change. */
  async #begin(): Promise<TransactionalProducer> {
    const transactionalId = `${this.#group}-tx`;
    const options = { groupId: this.#group, transactionTimeoutMs, transactionalId };
    const sender = await TransactionalProducer.open(this.#wire, options);
    const positions = new CommittedPositions(this.#wire, { ...options, writerOf: () => undefined });
    const [position] = await positions.read([{ topic: this.#input, partition: 0 }]);
    this.#next = position?.offset ?? 0;
    return sender;
  }
}

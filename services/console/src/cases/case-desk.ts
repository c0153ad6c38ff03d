// The case desk of this process: hands each command to the task that owns its case, and each task its alerts.
//
//   C1. A command goes to the one task of the group that owns the case's partition: there is one writer for each case.
//   C2. A command that no task of this process can take is not kept: it is answered at once.
//   C3. Every command is answered within `answerWithinMs`, and no more than `waitingMax` wait at once.

import type { PersonCommand } from "@riffle/cases";
import { type Alert, topics } from "@riffle/contracts";
import { perTask, type RecordBatch, type Stage, type Task } from "@riffle/streams";
import { caseStores } from "./case-stores.ts";
import { type CaseAnswer, PendingCommand } from "./pending-command.ts";
import { TaskDesk } from "./task-desk.ts";

/** What a desk is made with. All of it may be left out. */
export interface CaseDeskOptions {
  /** How long a command may wait for its commit, milliseconds. @default 10 s: longer than a rebalance mostly takes */
  readonly answerWithinMs?: number;
  /** How many commands may wait at once. @default 1000: people do not get there, a client that runs wild does */
  readonly waitingMax?: number;
  /** Calls `run` after `ms`, and gives what takes that back. For tests. @default a timer that keeps no process alive */
  readonly after?: (ms: number, run: () => void) => () => void;
  /** Told what each command came to. @default nothing */
  readonly onAnswered?: (kind: CaseAnswer["kind"]) => void;
}

/** Takes commands on cases, and is the stage that works them. */
export class CaseDesk {
  readonly #options: Required<CaseDeskOptions>;
  /** Tasks that run here, by partition. */
  readonly #tasks = new Map<number, TaskDesk>();
  /** Commands of tasks that are gone, until their successor comes or their time is over. */
  readonly #orphans = new Map<number, PendingCommand[]>();
  readonly #deskOf: (task: Task) => TaskDesk;
  #waiting = 0;

  constructor({
    answerWithinMs = 10_000,
    waitingMax = 1_000,
    after = timer,
    onAnswered = () => {},
  }: CaseDeskOptions = {}) {
    this.#options = { answerWithinMs, waitingMax, after, onAnswered };
    this.#deskOf = perTask((task: Task) => this.#enlist(new TaskDesk(task)));
  }

  /** The stage to be run: reads alerts, writes events and snapshots of cases. */
  get stage(): Stage {
    return {
      service: "console",
      deadLetters: topics.consoleDeadLetters.name,
      handlers: [
        {
          topic: topics.alerts,
          stores: caseStores,
          emits: [topics.casesEvents, topics.casesSnapshots],
          external: true,
          handle: (batch, task) => this.#handle(batch as RecordBatch<Alert>, task),
        },
      ],
    };
  }

  /** Partitions whose cases are worked here. */
  get partitions(): number[] {
    return [...this.#tasks.keys()].toSorted((a, b) => a - b);
  }

  /** How many commands wait for their answer. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Has a command carried out. Never rejects. */
  async submit(caseId: string, command: Omit<PersonCommand, "otherOpenCaseId">): Promise<CaseAnswer> {
    const answer = await this.#submit(caseId, command);
    this.#options.onAnswered(answer.kind);
    return answer;
  }

  async #submit(caseId: string, command: Omit<PersonCommand, "otherOpenCaseId">): Promise<CaseAnswer> {
    if (this.#waiting >= this.#options.waitingMax) return { kind: "unavailable" };
    const task = [...this.#tasks.values()].find((candidate) => candidate.has(caseId));
    if (task === undefined) return { kind: this.#tasks.size === 0 ? "unavailable" : "unknown-case" };
    const pending = new PendingCommand(caseId, command);
    this.#waiting++;
    const cancel = this.#options.after(this.#options.answerWithinMs, () => pending.expire());
    task.submit(pending);
    try {
      return await pending.answered;
    } finally {
      cancel();
      this.#waiting--;
    }
  }

  #handle(batch: RecordBatch<Alert>, task: Task): void {
    const desk = this.#deskOf(task);
    desk.takeCommands();
    for (const record of batch) desk.takeAlert(record);
  }

  #enlist(desk: TaskDesk): TaskDesk {
    const { partition, signal } = desk;
    this.#tasks.set(partition, desk);
    signal.addEventListener("abort", () => this.#retire(desk), { once: true });
    for (const command of this.#orphans.get(partition) ?? []) desk.submit(command);
    this.#orphans.delete(partition);
    return desk;
  }

  #retire(desk: TaskDesk): void {
    const { partition } = desk;
    if (this.#tasks.get(partition) === desk) this.#tasks.delete(partition);
    const left = [...(this.#orphans.get(partition) ?? []), ...desk.release()].filter(
      (command) => !command.isAnswered,
    );
    if (left.length > 0) this.#orphans.set(partition, left);
  }
}

function timer(ms: number, run: () => void): () => void {
  const timeout = setTimeout(run, ms);
  timeout.unref();
  return () => clearTimeout(timeout);
}

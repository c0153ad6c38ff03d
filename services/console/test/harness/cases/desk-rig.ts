// A desk over one task of its stage, in the test's own hands.

import type { PersonChange } from "@riffle/cases";
import { type CaseEvent, type CaseSnapshot, topics } from "@riffle/contracts";
import type { RecordBatch, Stage, Task } from "@riffle/streams";
import { StageDriver } from "@riffle/streams/testing";
import { CaseDesk, type CaseDeskOptions } from "../../../src/cases/case-desk.ts";
import type { CaseAnswer } from "../../../src/cases/pending-command.ts";
import { type AlertChoice, alertRecord, startMs } from "./alerts.ts";

/** A desk whose stage is driven by hand, and whose time passes when the test says so. */
export class DeskRig {
  readonly desk: CaseDesk;
  readonly driver: StageDriver;
  readonly #timers = new Set<() => void>();
  #runAgain: (() => void | Promise<void>) | undefined;
  #commands = 0;

  constructor(options: Omit<CaseDeskOptions, "after"> = {}) {
    const after = (_: number, run: () => void): (() => void) => {
      this.#timers.add(run);
      return () => this.#timers.delete(run);
    };
    this.desk = new CaseDesk({ ...options, after });
    this.driver = new StageDriver(this.#watched(this.desk.stage));
  }

  /** Lets the task begin. */
  async begin(): Promise<this> {
    await this.driver.resume();
    return this;
  }

  async alerts(...choices: readonly AlertChoice[]): Promise<void> {
    await this.driver.send(topics.alerts, ...choices.map(alertRecord));
  }

  /** Sends a command and does not let the task run. */
  send(
    caseId: string,
    expectedVersion: number,
    change: PersonChange,
    more: { commandId?: string; by?: string } = {},
  ): Promise<CaseAnswer> {
    const { commandId = `c-${++this.#commands}`, by = "ann" } = more;
    return this.desk.submit(caseId, { change, expectedVersion, commandId, by, atMs: startMs + 60_000 });
  }

  /** Sends a command and lets the task run and commit. */
  async give(...sent: Parameters<DeskRig["send"]>): Promise<CaseAnswer> {
    const answer = this.send(...sent);
    await this.driver.resume();
    return await answer;
  }

  /** Lets the task take what waits, and never commit it: the rest of its life does not come. */
  async takeWithoutCommit(): Promise<void> {
    await this.#runAgain?.();
  }

  /** The time of all commands that wait is over. */
  expire(): void {
    for (const run of [...this.#timers]) run();
  }

  events(): CaseEvent[] {
    return this.driver.emitted(topics.casesEvents).map(({ value }) => value);
  }

  snapshots(): CaseSnapshot[] {
    return this.driver.emitted(topics.casesSnapshots).map(({ value }) => value);
  }

  /** The stage, of whose task the last call can be made again by hand. */
  #watched(stage: Stage): Stage {
    const handlers = stage.handlers.map((handler) => ({
      ...handler,
      handle: (batch: RecordBatch<unknown>, task: Task) => {
        const nothing = {
          ...batch,
          topic: handler.topic.name,
          partition: 0,
          size: 0,
          *[Symbol.iterator]() {},
        };
        this.#runAgain = () => handler.handle(nothing, task);
        return handler.handle(batch, task);
      },
    }));
    return { ...stage, handlers };
  }

  /** The cases in the order in which they were opened. */
  caseIds(): string[] {
    return this.events().flatMap(({ type, caseId }) => (type === "opened" ? [caseId] : []));
  }
}

// The desk of one task: the only writer of the cases of one partition.
//
//   T1. Alerts and commands are taken in the task's handler, one after the other. What comes of them, events, state and the
//       alerts' offsets, leaves in one atomic commit: nobody sees half of it.
//   T2. A command is answered after the commit that covers it, also when it was refused: no answer speaks of what may yet be
//       dropped.
//   T3. A command whose task is thrown away goes to the task's successor as it is. If its commit had happened after all, its
//       id says so there.
//   T4. An account has at most one open case.

import { type Decision, decide, decideOnAlert, evolve, holds } from "@riffle/cases";
import {
  type Alert,
  type CaseEvent,
  type CaseSnapshot,
  ContractError,
  caseMachine,
  parseEventTime,
  topics,
} from "@riffle/contracts";
import type { KeyValueStore, StreamRecord, Task } from "@riffle/streams";
import type { AccountCases } from "./case-serdes.ts";
import { accountStore, caseStore } from "./case-stores.ts";
import type { CaseAnswer, PendingCommand } from "./pending-command.ts";

/** At how many events of a case a snapshot of it is written, besides those of {@link isCovered}. */
export const snapshotEveryEvents = 20;

/**
 * Whether a snapshot covers the event in any case, so that nobody can take it off the end of its log unseen: what a person
 * did, and that there is a case at all. What alerts did besides can be told again from the alerts.
 */
const isCovered = ({ type, by }: CaseEvent): boolean => type === "opened" || by !== caseMachine;

/** The cases of one task. */
export class TaskDesk {
  readonly #task: Task;
  readonly #cases: KeyValueStore<CaseSnapshot>;
  readonly #accounts: KeyValueStore<AccountCases>;
  #waiting: PendingCommand[] = [];
  /** Decided, and not yet committed. */
  #decided: { readonly command: PendingCommand; readonly answer: CaseAnswer }[] = [];

  /** Takes the restored state over; it belongs into `perTask`, inside a handler. */
  constructor(task: Task) {
    this.#task = task;
    this.#cases = task.store(caseStore);
    this.#accounts = task.store(accountStore);
    task.afterCommit(() => this.#committed());
  }

  get partition(): number {
    return this.#task.partition;
  }

  get signal(): AbortSignal {
    return this.#task.signal;
  }

  /** Whether the case is one of this task's. One that cannot be read is: it ends the worker when the handler asks for it. */
  has(caseId: string): boolean {
    try {
      return this.#cases.get(caseId) !== undefined;
    } catch {
      return true;
    }
  }

  /** How many commands wait for their answer. */
  get pending(): number {
    return this.#waiting.length + this.#decided.length;
  }

  /** Takes a command in; it is decided when the task runs next. */
  submit(command: PendingCommand): void {
    this.#waiting.push(command);
    this.#task.wake();
  }

  /** Gives all commands back that have no answer: the task is gone. */
  release(): PendingCommand[] {
    const released = [...this.#decided.map(({ command }) => command), ...this.#waiting];
    this.#decided = [];
    this.#waiting = [];
    return released;
  }

  // ---- In the handler ----

  /** Decides on all commands that wait. */
  takeCommands(): void {
    for (const command of this.#waiting.splice(0)) {
      if (command.isAnswered) continue;
      command.taken = true;
      this.#decided.push({ command, answer: this.#answerTo(command) });
    }
  }

  /** Has an event of an alert open, join or leave a case. */
  takeAlert(record: StreamRecord<Alert>): void {
    const { id: alertId, accountId, status, rule, severity } = record.value;
    const account = this.#accounts.get(accountId);
    const state = status === "raised" ? this.#openCase(account) : this.#caseThatHolds(account, alertId);
    const events = decideOnAlert(state, {
      accountId,
      alertId,
      status,
      rule,
      severity,
      atMs: record.timestampMs,
      previousCaseId: account?.lastId,
    });
    for (const event of events) this.#record(state?.id === event.caseId ? state : undefined, event, record);
  }

  // ---- Inside ----

  #answerTo({ command, caseId }: PendingCommand): CaseAnswer {
    const state = this.#cases.get(caseId);
    if (state === undefined) return { kind: "unknown-case" };
    const openId = this.#accounts.get(state.accountId)?.openId ?? null;
    const otherOpenCaseId = openId === null || openId === caseId ? undefined : openId;
    return this.#carryOut(state, decide(state, { ...command, otherOpenCaseId }));
  }

  #carryOut(state: CaseSnapshot, decision: Decision): CaseAnswer {
    switch (decision.kind) {
      case "events":
        return this.#recordAll(state, decision.events);
      case "repeated":
        return { kind: "done", state, version: decision.version };
      default:
        return decision;
    }
  }

  #recordAll(before: CaseSnapshot, events: readonly CaseEvent[]): CaseAnswer {
    let state = before;
    try {
      for (const event of events) state = this.#record(state, event);
    } catch (error) {
      // What the contract refuses was not recorded: encoding comes first.
      if (error instanceof ContractError) return { kind: "invalid", field: error.field };
      throw error;
    }
    const event = events.at(-1);
    return { kind: "done", state, version: state.version, ...(event === undefined ? {} : { event }) };
  }

  #record(before: CaseSnapshot | undefined, event: CaseEvent, cause?: StreamRecord<unknown>): CaseSnapshot {
    const timestampMs = parseEventTime(event.at);
    const handedOn = cause === undefined ? {} : { cause };
    this.#task.emit(topics.casesEvents, {
      key: event.accountId,
      value: event,
      timestampMs,
      ...handedOn,
    });
    const state = evolve(before, event);
    this.#cases.put(state.id, state);
    this.#noteAccount(state, event);
    if (isCovered(event) || state.version % snapshotEveryEvents === 0)
      this.#task.emit(topics.casesSnapshots, { key: state.id, value: state, timestampMs, ...handedOn });
    return state;
  }

  #noteAccount({ id, accountId }: CaseSnapshot, { type }: CaseEvent): void {
    const lastId = this.#accounts.get(accountId)?.lastId ?? id;
    if (type === "opened") this.#accounts.put(accountId, { lastId: id, openId: id });
    else if (type === "reopened") this.#accounts.put(accountId, { lastId, openId: id });
    else if (type === "closed") this.#accounts.put(accountId, { lastId, openId: null });
  }

  #openCase(account: AccountCases | undefined): CaseSnapshot | undefined {
    return account === undefined || account.openId === null ? undefined : this.#cases.get(account.openId);
  }

  /** The newest case of the account that holds the alert. */
  #caseThatHolds(account: AccountCases | undefined, alertId: string): CaseSnapshot | undefined {
    let state = account && this.#cases.get(account.lastId);
    while (state !== undefined && !holds(state, alertId))
      state = state.previousCaseId === null ? undefined : this.#cases.get(state.previousCaseId);
    return state;
  }

  #committed(): void {
    for (const { command, answer } of this.#decided.splice(0)) command.answer(answer);
  }
}

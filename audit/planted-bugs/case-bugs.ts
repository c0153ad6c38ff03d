// Planted bugs of cases: what would let an analyst's work be lost, doubled or rewritten unseen.

import type { PlantedBug } from "./planted-bug.ts";

const cases = (file: string): PlantedBug["caughtBy"] => ({
  project: "unit",
  file: `packages/cases/test/unit/${file}`,
});
const desk = (file: string): PlantedBug["caughtBy"] => ({
  project: "unit",
  file: `services/console/test/unit/cases/${file}`,
});

/** Bugs of packages/cases and services/console/src/cases. */
export const caseBugs: readonly PlantedBug[] = [
  {
    name: "case-fold-follows-any-event",
    story: "An event that was written after another one is folded all the same.",
    file: "packages/cases/src/evolve.ts",
    find: "if (event.previousHash !== state.lastHash)",
    replace: "if (event.previousHash === undefined)",
    caughtBy: cases("folding.test.ts"),
  },
  {
    name: "case-alert-never-holds-again",
    story: "An alert that is raised again after its withdrawal stays withdrawn in its case.",
    file: "packages/cases/src/evolve.ts",
    find: "withdrawnAlertIds: without(state.withdrawnAlertIds, alertId).filter",
    replace: "withdrawnAlertIds: state.withdrawnAlertIds.filter",
    caughtBy: cases("folding.test.ts"),
  },
  {
    name: "case-stale-command-wins",
    story: "The second of two analysts overwrites what the first did.",
    file: "packages/cases/src/decide.ts",
    find: "if (expectedVersion !== state.version)",
    replace: "if (expectedVersion > state.version)",
    caughtBy: cases("deciding.test.ts"),
  },
  {
    name: "case-repeat-takes-effect",
    story:
      "A command that is sent again because its answer was lost is answered with a conflict, or made twice.",
    file: "packages/cases/src/decide.ts",
    find: "if (before !== undefined) {",
    replace: "if (before !== undefined && before.version > state.version) {",
    caughtBy: cases("deciding.test.ts"),
  },
  {
    name: "case-goes-back-in-time",
    story: "A case as of an instant shows what came later, because its times do not rise.",
    file: "packages/cases/src/decide.ts",
    find: "formatEventTime(Math.max(atMs, parseEventTime(state.updatedAt)))",
    replace: "formatEventTime(atMs)",
    caughtBy: cases("deciding.test.ts"),
  },
  {
    name: "case-hash-of-the-upcast-form",
    story: "Honest events of version 1 are called forged.",
    file: "packages/cases/src/chain.ts",
    find: "if (event.writtenAs === 1) {",
    replace: "if (event.writtenAs === 1 && event.version < 0) {",
    caughtBy: cases("verifying.test.ts"),
  },
  {
    name: "case-hash-leaves-out-who",
    story: "Who closed a case can be rewritten, and the proof holds.",
    file: "packages/cases/src/verify.ts",
    find: "if (hashOf(event) !== event.hash)",
    replace: "if (event.hash.length !== 64)",
    caughtBy: cases("verifying.test.ts"),
  },
  {
    name: "case-cut-log-is-proven",
    story: "A log whose newest events were removed is called whole, though a snapshot knows better.",
    file: "packages/cases/src/verify.ts",
    find: "if (events.length < version) {",
    replace: "if (events.length < 0) {",
    caughtBy: cases("verifying.test.ts"),
  },
  {
    name: "case-answered-before-its-commit",
    story: "An analyst is told that a case is closed, and a crash undoes it.",
    file: "services/console/src/cases/task-desk.ts",
    find: "this.#decided.push({ command, answer: this.#answerTo(command) });",
    replace: "command.answer(this.#answerTo(command));",
    caughtBy: desk("case-desk.test.ts"),
  },
  {
    name: "case-command-lost-in-a-rebalance",
    story: "A command whose task is handed over waits until its time is over.",
    file: "services/console/src/cases/case-desk.ts",
    find: "for (const command of this.#orphans.get(partition) ?? []) desk.submit(command);",
    replace: "",
    caughtBy: desk("case-desk.test.ts"),
  },
  {
    name: "case-expired-command-takes-effect",
    story: "A command that was answered with 'nothing happened' happens later.",
    file: "services/console/src/cases/task-desk.ts",
    find: "if (command.isAnswered) continue;",
    replace: "",
    caughtBy: desk("case-desk.test.ts"),
  },
  {
    name: "case-second-open-case",
    story: "A closed case is reopened beside the account's open one, and alerts join only one of them.",
    file: "services/console/src/cases/task-desk.ts",
    find: "decide(state, { ...command, otherOpenCaseId })",
    replace: "decide(state, { ...command, otherOpenCaseId: undefined })",
    caughtBy: desk("case-desk.test.ts"),
  },
  {
    name: "case-closed-case-counts-as-open",
    story: "A former case cannot be reopened, since the account's closed one counts as open.",
    file: "services/console/src/cases/task-desk.ts",
    find: 'else if (type === "closed") this.#accounts.put(accountId, { lastId, openId: null });',
    replace: "",
    caughtBy: desk("case-desk.test.ts"),
  },
  {
    name: "case-broken-case-shown-as-whole",
    story: "A case with a missing event is shown as if nothing was wrong with it.",
    file: "services/console/src/cases/case-projection.ts",
    find: "if (!(error instanceof CaseError)) throw error;",
    replace: "if (error instanceof CaseError) return;",
    caughtBy: desk("case-projection.test.ts"),
  },
  {
    name: "case-page-repeats-its-last",
    story: "Paging through cases gives some of them twice.",
    file: "services/console/src/cases/case-queries.ts",
    find: "(updated_at_ms, id) < (?, ?)",
    replace: "(updated_at_ms, id) <= (?, ?)",
    caughtBy: desk("case-projection.test.ts"),
  },
  {
    name: "case-end-uncovered",
    story: "The last thing that an analyst did can be taken off the log, and nothing tells.",
    file: "services/console/src/cases/task-desk.ts",
    find: 'type === "opened" || by !== caseMachine;',
    replace: 'type === "closed" && by !== caseMachine;',
    caughtBy: desk("case-desk.test.ts"),
  },
  {
    name: "case-id-written-as-another",
    story: "A case comes back from its store with an alert that it never had.",
    file: "services/console/src/cases/case-serdes.ts",
    find: "hex.slice(i * idDigits, (i + 1) * idDigits)",
    replace: "hex.slice(0, idDigits)",
    caughtBy: desk("case-serdes.test.ts"),
  },
];

// A command on its way: from the request that brought it to the commit that covers it.

import type { CaseRefusal, PersonCommand } from "@riffle/cases";
import type { CaseEvent, CaseSnapshot } from "@riffle/contracts";

/** What a command comes to. */
export type CaseAnswer =
  /** It made `version`, now or, where there is no event, when it came for the first time. */
  | {
      readonly kind: "done";
      readonly state: CaseSnapshot;
      readonly version: number;
      readonly event?: CaseEvent;
    }
  | { readonly kind: "conflict"; readonly currentVersion: number; readonly by: string }
  | { readonly kind: "refused"; readonly refusal: CaseRefusal }
  /** What it says breaks the contract of events. */
  | { readonly kind: "invalid"; readonly field: string | undefined }
  | { readonly kind: "unknown-case" }
  /** Nobody took it in time: nothing happened. */
  | { readonly kind: "unavailable" }
  /** It was taken, and no commit was confirmed in time. */
  | { readonly kind: "outcome-unknown" };

/** A command that waits for its answer. It has exactly one. */
export class PendingCommand {
  readonly caseId: string;
  readonly command: Omit<PersonCommand, "otherOpenCaseId">;
  /** Whether a task has decided on it: from then on nobody can say that nothing happened. */
  taken = false;
  readonly answered: Promise<CaseAnswer>;
  #resolve: ((answer: CaseAnswer) => void) | undefined;

  constructor(caseId: string, command: Omit<PersonCommand, "otherOpenCaseId">) {
    this.caseId = caseId;
    this.command = command;
    this.answered = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get isAnswered(): boolean {
    return this.#resolve === undefined;
  }

  /** Answers it; a second answer has no effect. */
  answer(answer: CaseAnswer): void {
    this.#resolve?.(answer);
    this.#resolve = undefined;
  }

  /** Answers that its time is over. */
  expire(): void {
    this.answer({ kind: this.taken ? "outcome-unknown" : "unavailable" });
  }
}

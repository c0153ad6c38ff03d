// Commands: what can be asked of a case, by a person or by an alert.
import type { AlertSeverity, AlertStatus, CaseDisposition } from "@riffle/contracts";

/** What a person can ask of a case. */
export type PersonChange =
  | { readonly command: "assign"; readonly assignee: string | null }
  | { readonly command: "comment"; readonly text: string }
  | { readonly command: "link"; readonly caseId: string }
  | {
      readonly command: "set-disposition";
      readonly disposition: CaseDisposition;
      readonly reason?: string | undefined;
    }
  | { readonly command: "close"; readonly reason?: string | undefined }
  | { readonly command: "reopen"; readonly reason?: string | undefined };

/** The names of the commands that persons give. */
export const personCommands = ["assign", "comment", "link", "set-disposition", "close", "reopen"] as const;

/** A command of a person. */
export interface PersonCommand {
  readonly change: PersonChange;
  /** The version that the person saw; the command is refused when the case has another one by now. */
  readonly expectedVersion: number;
  /** The client's own id of the command: the same one again has no second effect. */
  readonly commandId: string;
  /** The person's name. */
  readonly by: string;
  /** Wall clock, epoch milliseconds. */
  readonly atMs: number;
  /** The account's open case, where that is another one. */
  readonly otherOpenCaseId?: string | undefined;
}

/** An event of an alert, as a case takes it. */
export interface AlertCommand {
  readonly accountId: string;
  readonly alertId: string;
  readonly status: AlertStatus;
  readonly rule: string;
  readonly severity: AlertSeverity;
  /** Event time of the alert's record, epoch milliseconds. */
  readonly atMs: number;
  /** The account's last case, closed by now, when a new one is to be opened. */
  readonly previousCaseId?: string | undefined;
}

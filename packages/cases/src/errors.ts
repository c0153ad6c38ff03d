// CaseError: the one error of this package, and the registry of its codes.

/** What one code means and what a reader of the log should do about it. */
export interface CaseErrorEntry {
  readonly meaning: string;
  readonly remedy: string;
}

/** Every code of {@link CaseError}. `docs/errors.md` is made from it. */
export const caseErrors = {
  CASE_SEQUENCE_BROKEN: {
    meaning:
      "An event does not follow from the case as it is: a version is missing or comes twice, or the change is impossible there.",
    remedy:
      "Run `npx -y pnpm@10 riffle cases verify`: it names the event. Nothing is folded past it, so that no answer is made of a broken log.",
  },
} as const satisfies Record<string, CaseErrorEntry>;

/** A stable code of the registry {@link caseErrors}. */
export type CaseErrorCode = keyof typeof caseErrors;

/** Events that make no case. */
export class CaseError extends Error {
  override readonly name = "CaseError";
  /** Stable; one of {@link caseErrors}. */
  readonly code: CaseErrorCode;

  constructor(code: CaseErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

// The errors of the command line, and the registry of their codes.
//
//   E1. Every error has a code of the registry; a code is never renamed nor used again for something else.
//   E2. A message says what was attempted, what was found and what to do. It repeats no value of a record.

/** Every code of {@link CliError}, with its meaning and what to do about it. */
export const cliErrors = {
  CLI_USAGE: {
    meaning: "The command line was not understood; nothing was done.",
    remedy: "Run the command with --help; it ends with examples.",
  },
  CLI_NO_PIPELINE: {
    meaning: "No brokers were named, and no pipeline that `start` runs in this checkout was found.",
    remedy: "Start one, or name the brokers with --brokers or KAFKA_BROKERS.",
  },
  CLI_TOPIC_UNKNOWN: {
    meaning: "The topic is not of the kind that is meant, or does not exist in this cluster.",
    remedy: "`riffle dlq list` names the dead-letter topics that are there; check the brokers as well.",
  },
  CLI_DEAD_LETTER_MISSING: {
    meaning: "There is no committed record at that partition and offset of the dead-letter topic.",
    remedy:
      "Copy the place from `riffle dlq list`. Dead letters are kept for 30 days after their event time.",
  },
  CLI_NOTHING_MATCHES: {
    meaning: "No dead letter, or notification, fits what was asked for; nothing was sent.",
    remedy: "Look at `riffle dlq list` or `riffle notifications list` with the same options.",
  },
  CLI_ENDPOINT_UNKNOWN: {
    meaning: "The notifier has no endpoint of that name.",
    remedy: "`riffle endpoints list` names those it has; it writes them down when it starts.",
  },
  CLI_NOTIFICATION_UNKNOWN: {
    meaning: "No notification with that id is dead-lettered: it was delivered, is under way, or never was.",
    remedy: "Copy the id from `riffle notifications list`.",
  },
  CLI_NOT_REDRIVABLE: {
    meaning: "A dead letter does not say where it came from, or that place does not exist any more.",
    remedy: "Look at it with `riffle dlq show`; such a record can only be sent again by hand.",
  },
  CLI_CONFIRMATION_REQUIRED: {
    meaning: "Sending again asks first, and there is no terminal to ask on.",
    remedy: "Add --yes, or --dry-run to see what would be sent.",
  },
  CLI_REDRIVE_TAKEN_OVER: {
    meaning: "Another redrive was started, which fences this one; what was not committed is not sent.",
    remedy: "Wait for the other one, then run this one again: what was sent is not sent twice.",
  },
  CLI_CONSOLE_UNREACHABLE: {
    meaning: "The console does not answer at its address.",
    remedy: "Start it, or name it with --console-url or RIFFLE_CONSOLE_URL.",
  },
  CLI_CONSOLE_FORBIDDEN: {
    meaning: "The console does not know who asks, or that role may not do this.",
    remedy: "Set RIFFLE_API_KEY or RIFFLE_TOKEN; docs/access.md says which role may what.",
  },
  CLI_CONSOLE_REFUSED: {
    meaning: "The console understood the request and said no; the message has its code and reason.",
    remedy: "Do what the message says, then run the command again.",
  },
  CLI_NOT_FOUND: {
    meaning: "The console knows nothing of that id, or has not read so far yet.",
    remedy: "Check the id; while the console is rebuilding what it knows, wait and ask again.",
  },
  CLI_CASE_CHANGED: {
    meaning: "Somebody else changed the case first; nothing of this command was done.",
    remedy: "Look at the case with `riffle cases show`, then decide again.",
  },
  CLI_INGEST_UNREACHABLE: {
    meaning: "Ingest did not answer, or could not take everything in the time it was given.",
    remedy: "Run the same command again: an id that was recorded has no second effect.",
  },
  CLI_INPUT_UNREADABLE: {
    meaning: "A file could not be read, or does not hold what it should.",
    remedy: "Correct the path or the line that the message names.",
  },
  CLI_EXPRESSION_INVALID: {
    meaning: "The expression after --where is not understood, or does not fit what is filtered.",
    remedy: "The message points at the column; `riffle tail --help` names the fields.",
  },
  CLI_REDRIVE_INTERRUPTED: {
    meaning: "A redrive failed before its end. Each batch of it was sent as a whole, or not at all.",
    remedy: "Run the same command again: what was sent is not sent twice.",
  },
} as const;

/** A code of {@link cliErrors}. */
export type CliErrorCode = keyof typeof cliErrors;

/** What a person at the terminal can correct. Its message and code are all that is shown. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** 2 when the command line was not understood, an expression in it among that, else 1. */
  get exitCode(): number {
    return this.code === "CLI_USAGE" || this.code === "CLI_EXPRESSION_INVALID" ? 2 : 1;
  }
}

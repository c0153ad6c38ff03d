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

  /** 2 when the command line was not understood, else 1. */
  get exitCode(): number {
    return this.code === "CLI_USAGE" ? 2 : 1;
  }
}

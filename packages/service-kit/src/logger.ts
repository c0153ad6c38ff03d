// The log of a process: one JSON object a line, on standard error.
//
// Standard output stays free for lines meant for people. Writing is synchronous, so that the last line before an exit
// is never lost; a service logs events of its life and faults, not every record. What must not be written is kept
// out by log-scrubbing.ts.

import { type DestinationStream, destination, type Logger as PinoLogger, pino, stdTimeFunctions } from "pino";
import { lineScrubber, plainFields } from "./log-scrubbing.ts";
import { logDescriptor } from "./standard-error.ts";

/** The logger of a process; `log.info({ topic }, "joined")`. */
export type Logger = PinoLogger;

/** The severities, from worst to least; `silent` writes nothing. */
export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

/** What a logger is made of. */
export interface LoggerOptions {
  /** Name of the service, on every line. */
  readonly service: string;
  /** Name of the replica, on every line. */
  readonly instance: string;
  /** Least severity that is written. @default "info" */
  readonly level?: LogLevel;
  /** Texts that no line may hold: the values of the configuration's secrets. @default none */
  readonly secrets?: readonly string[];
  /** Where lines go. @default standard error, synchronously */
  readonly to?: DestinationStream;
}

/**
 * The logger of a process.
 *
 * Lines have `level` (text), `time` (ISO 8601, UTC), `service`, `instance`, `msg`, and an error under `err`.
 * Not promised: that personal data in a free text is recognised. Do not log records or requests.
 */
export function createLogger(options: LoggerOptions): Logger {
  const scrub = lineScrubber(options.secrets ?? []);
  const sink = options.to ?? destination({ dest: logDescriptor(), sync: true });
  const log = pino(
    {
      level: options.level ?? "info",
      base: { service: options.service, instance: options.instance },
      timestamp: stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        bindings: plainFields,
        log: plainFields,
      },
      // Errors are already plain objects when pino's own serializer for `err` would see them.
      serializers: { err: (value: unknown) => value },
    },
    { write: (line) => sink.write(scrub(line)) },
  );
  return withPlainBindings(log);
}

/** pino drops the `bindings` formatter for children, so their bindings are made plain on the way in. */
function withPlainBindings(log: Logger): Logger {
  const { child, setBindings } = log;
  // Children have the root as prototype, so both overrides hold for every descendant.
  log.child = function plainChild(this: Logger, bindings, options) {
    return child.call(this, plainFields(bindings), options) as ReturnType<typeof log.child>;
  } as typeof log.child;
  log.setBindings = function plainSetBindings(this: Logger, bindings) {
    setBindings.call(this, plainFields(bindings));
  };
  return log;
}

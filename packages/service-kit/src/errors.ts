// The errors of a process that does not start, or must not go on.
//
// Owns the registry of codes and the classes. Does not decide the exit code: that is run-service.ts.
//
//   E1. Every error has a code of the registry; a code is never reused for something else.
//   E2. A message names the variable or part, what was found there and what to do; `cause` is kept.
//   E3. No message holds the value of a variable marked `secret`.

/** Every code this package throws, with its meaning and what to do about it. */
export const serviceKitErrors = {
  KIT_CONFIG_INVALID: {
    meaning: "The environment of the process breaks rules of its configuration; nothing was started.",
    remedy: "Correct the variables that the message names, one fault a line; all faults are listed at once.",
  },
  KIT_CONFIG_SCHEMA_INVALID: {
    meaning: "A configuration schema declares a variable that cannot be read from an environment string.",
    remedy: "Declare the variable as text, number, integer, boolean, a choice of texts, or a list of texts.",
  },
  KIT_METRIC_NAME_INVALID: {
    meaning: "A metric's name breaks the naming rules, or is registered twice.",
    remedy: "Prefix `riffle_`, snake case, `_total` on counters only, base units: seconds and bytes.",
  },
  KIT_PROFILER_BUSY: {
    meaning:
      "A profile of a process was asked for while another was being taken; they would measure each other.",
    remedy: "Wait until it has ended; a profile takes a minute at most.",
  },
  KIT_HEALTH_CHECK_DUPLICATE: {
    meaning: "Two parts of a process registered a readiness check of the same name.",
    remedy: "Give each check its own name; a replaced check could hide an unready part.",
  },
} as const;

/** A code of {@link serviceKitErrors}. */
export type ServiceKitErrorCode = keyof typeof serviceKitErrors;

/** Base of all errors of this package. */
export class ServiceKitError extends Error {
  readonly code: ServiceKitErrorCode;

  constructor(code: ServiceKitErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** One broken rule of the configuration, ready to print. */
export interface ConfigFault {
  /** Name of the environment variable, `KAFKA_BROKERS`. */
  readonly variable: string;
  /** What was found and which rule it breaks, without the variable's name and never with a secret. */
  readonly problem: string;
}

/**
 * The environment is wrong and nothing was started. Carries every fault; the message has one line for each.
 * A service that throws it from `start` (a port is taken) ends as if the fault had been found on reading.
 */
export class ConfigError extends ServiceKitError {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[], options?: ErrorOptions) {
    super("KIT_CONFIG_INVALID", faults.map((f) => `${f.variable}: ${f.problem}`).join("\n"), options);
    this.faults = faults;
  }
}

/**
 * The fault behind a failed `listen`, or `undefined` when the error is of another kind.
 *
 * @param error what `listen` failed with
 * @param at the variable that chose the port, and the address that was tried
 */
export function portFault(
  error: unknown,
  at: { readonly variable: string; readonly host: string; readonly port: number },
): ConfigError | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const address = `${at.host}:${at.port}`;
  const problems: Record<string, string> = {
    EADDRINUSE: `${address} is taken by another process; stop that process or choose another port`,
    EACCES: `${address} may not be opened by this user; choose a port above 1023`,
    EADDRNOTAVAIL: `${address} is not an address of this machine; correct the host`,
    ENOTFOUND: `${address} has a host name that does not resolve; correct the host`,
  };
  const problem = typeof code === "string" ? problems[code] : undefined;
  return problem === undefined
    ? undefined
    : new ConfigError([{ variable: at.variable, problem }], { cause: error });
}

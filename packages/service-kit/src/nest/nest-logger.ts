// Nest's own log lines, in the process's log. Its chatter about modules and routes is debug to an operator.

import type { LoggerService } from "@nestjs/common";
import type { Logger } from "../logger.ts";

/** Writes what Nest logs to the process's logger. */
export class NestLogger implements LoggerService {
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  log(message: unknown, context?: unknown): void {
    this.#log.debug({ context }, String(message));
  }

  warn(message: unknown, context?: unknown): void {
    this.#log.warn({ context }, String(message));
  }

  error(message: unknown, ...details: unknown[]): void {
    this.#log.error({ details: details.map(String) }, String(message));
  }
}

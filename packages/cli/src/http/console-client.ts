// Questions to the console, and what its refusals mean.
//
//   H1. A read is asked again while the console says 503 with Retry-After, a few times; a command never is by itself.
//   H2. What the console refuses is told with its own code and sentence; no bytes of it reach the terminal unprinted.

import { setTimeout as delay } from "node:timers/promises";
import { CliError, type CliErrorCode } from "../errors.ts";
import type { HttpTarget } from "../target.ts";
import { printable } from "../terminal/printable.ts";

const requestTimeoutMs = 15_000;
const attemptsMax = 4;
const retryAfterMsMax = 5_000;

/** An answer that says no: RFC 9457 problem details, as far as they came. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** How long it asks to wait before the next try; undefined when it names no time. */
  readonly retryAfterMs: number | undefined;
  /** Further members, `currentVersion` and the like. */
  readonly members: Readonly<Record<string, unknown>>;
}

/** What came back. */
export type Answer =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly problem: Problem };

/** Asks one console. */
export class ConsoleClient {
  readonly #target: HttpTarget;

  constructor(target: HttpTarget) {
    this.#target = target;
  }

  /** What is at the path. @throws CliError CLI_CONSOLE_UNREACHABLE, and as {@link refusal} does */
  async get(path: string, query: Readonly<Record<string, string | undefined>> = {}): Promise<unknown> {
    const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const search = given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#ask(path + search, {});
      if (answer.ok) return answer.body;
      const { status, retryAfterMs } = answer.problem;
      if (status !== 503 || retryAfterMs === undefined || attempt === attemptsMax)
        throw refusal(answer.problem);
      await delay(retryAfterMs);
    }
  }

  /** Posts a body, once (H1). @throws CliError CLI_CONSOLE_UNREACHABLE */
  post(path: string, body: object): Promise<Answer> {
    const headers = { "content-type": "application/json" };
    return this.#ask(path, { method: "POST", body: JSON.stringify(body), headers });
  }

  async #ask(
    path: string,
    init: RequestInit & { readonly headers?: Record<string, string> },
  ): Promise<Answer> {
    const { url, headers } = this.#target;
    let response: Response;
    let text: string;
    try {
      response = await fetch(url + path, {
        ...init,
        headers: { accept: "application/json", ...headers, ...init.headers },
        redirect: "error",
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      text = await response.text();
    } catch (cause) {
      const message = `The console at ${printable(url)} does not answer: ${reasonOf(cause)}. Is it running? \`npx -y pnpm@10 start\` starts one; --console-url or RIFFLE_CONSOLE_URL names another.`;
      throw new CliError("CLI_CONSOLE_UNREACHABLE", message, { cause });
    }
    const body = jsonOf(text);
    if (response.ok && body !== undefined) return { ok: true, body };
    return { ok: false, problem: { ...problemOf(response.status, body), retryAfterMs: waitOf(response) } };
  }
}

/** The seconds of Retry-After in milliseconds, bounded. */
export const waitOf = ({ headers }: Response, msMax = retryAfterMsMax): number | undefined => {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, msMax) : undefined;
};

/** Why a request had no answer: the innermost reason that says something. */
export const reasonOf = (error: unknown): string => {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = (at as NodeJS.ErrnoException).code;
    if (typeof code === "string" && /^E[A-Z]+$/.test(code)) return code;
    if (at.name === "TimeoutError") return "no answer in time";
  }
  return error instanceof Error ? printable(error.message) : "unknown";
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const problemOf = (status: number, body: unknown): Omit<Problem, "retryAfterMs"> => {
  const members = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const { code, detail, title } = members;
  return {
    status,
    code: typeof code === "string" ? code : `http-${status}`,
    detail: typeof detail === "string" ? detail : typeof title === "string" ? title : "",
    members,
  };
};

/** A refusal as an error of the command line. */
export const refusal = ({ status, code, detail }: Pick<Problem, "status" | "code" | "detail">): CliError => {
  const cliCode: CliErrorCode =
    status === 401 || status === 403
      ? "CLI_CONSOLE_FORBIDDEN"
      : status === 404
        ? "CLI_NOT_FOUND"
        : "CLI_CONSOLE_REFUSED";
  const hint =
    cliCode === "CLI_CONSOLE_FORBIDDEN" ? " Set RIFFLE_API_KEY or RIFFLE_TOKEN to what may do this." : "";
  return new CliError(
    cliCode,
    `The console answered ${status} ${printable(code)}: ${printable(detail)}${hint}`,
  );
};

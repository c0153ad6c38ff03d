// The one shape in which a service refuses a request: RFC 9457 problem details with a stable code.
//
//   D1. Every code of a service's registry has one status and one title; clients program against `code`.
//   D2. Members stand in one order: those of the RFC, `code`, `detail`, those of the problem itself, `requestId`.
//   D3. Every 503 carries Retry-After: 1 second where the problem does not say another.

/** What a code of a registry stands for. */
export interface ProblemKind {
  readonly status: number;
  /** The same for every problem of this code. */
  readonly title: string;
}

/** All problems that a service answers with, by their code. */
export type ProblemRegistry<Code extends string> = Readonly<Record<Code, ProblemKind>>;

/** A problem, ready to be answered. */
export interface ProblemDetails<Code extends string> {
  readonly code: Code;
  /** One or two sentences on this very request. They repeat no value that was sent. */
  readonly detail: string;
  /** Headers the answer carries besides, in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Members besides, `errors` or `currentVersion`. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** The media type of problem details (RFC 9457, section 3). */
export const problemContentType = "application/problem+json; charset=utf-8";

/**
 * The members of problem details, in the order in which they are written.
 *
 * @param requestId the one of the X-Request-Id header, where there is one
 */
export function problemMembers<Code extends string>(
  registry: ProblemRegistry<Code>,
  { code, detail, members }: ProblemDetails<Code>,
  requestId?: string,
) {
  const { status, title } = registry[code];
  return { type: `urn:riffle:problem:${code}`, title, status, code, detail, ...members, requestId };
}

/** The headers of the answer: its media type, and when to come again (D3). */
export function problemHeaders<Code extends string>(
  registry: ProblemRegistry<Code>,
  { code, headers }: ProblemDetails<Code>,
): Record<string, string> {
  const again = registry[code].status === 503 ? { "retry-after": "1" } : {};
  return { "content-type": problemContentType, ...again, ...headers };
}

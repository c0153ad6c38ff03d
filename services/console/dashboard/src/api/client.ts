// The one way to the console's HTTP interface.
//
//   R1. An answer that is not 2xx is an ApiProblem with what the server said: title, detail, stable code. One that does not come,
//       ends early or is none of the console is an ApiProblem too, of status 0.
//   R2. What changes something carries the CSRF token of the session.

/** What the server refused, in its own words; status 0 when it did not answer at all. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  readonly status: number;
  readonly code: string;
  readonly title: string;
  /** All fields of the problem document. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    {
      status,
      code,
      title,
      detail,
    }: Readonly<{ status: number; code: string; title: string; detail: string }>,
    fields: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail === "" ? title : detail);
    this.status = status;
    this.code = code;
    this.title = title;
    this.fields = fields;
  }

  /** What was found and what to do. */
  get detail(): string {
    return this.message;
  }
}

let csrfToken: string | null = null;

/** Remembers the token of the session for what changes something. */
export function keepToken(token: string | null): void {
  csrfToken = token;
}

/** Where a path is refused for want of a session; the shell shows the sign-in then. */
let onUnauthorised: () => void = () => {};

/** Calls `listener` whenever the server asks who is there. */
export function whenUnauthorised(listener: () => void): void {
  onUnauthorised = listener;
}

/** Reads a resource. @throws ApiProblem */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return await request<T>(path, { method: "GET", ...(signal === undefined ? {} : { signal }) });
}

/** Sends a command. @throws ApiProblem */
export async function post<T>(path: string, body: unknown): Promise<T> {
  return await request<T>(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
}

/** Ends what is there. @throws ApiProblem */
export async function remove<T>(path: string): Promise<T> {
  return await request<T>(path, { method: "DELETE" });
}

async function request<T>(path: string, init: RequestInit): Promise<T> {
  const headers = new Headers(init.headers);
  headers.set("accept", "application/json");
  if (init.method !== "GET" && csrfToken !== null) headers.set("x-csrf-token", csrfToken);
  const { answer, text } = await reach(path, { ...init, headers, credentials: "same-origin" });
  if (!answer.ok) {
    if (answer.status === 401) onUnauthorised();
    throw problemOf(answer.status, text);
  }
  return parsed<T>(text);
}

/** What stands between may answer in the console's place, with a page of its own. */
function parsed<T>(text: string): T {
  try {
    return (text === "" ? undefined : JSON.parse(text)) as T;
  } catch {
    const detail = "What answered is not the console. It may be restarting; this page tries again by itself.";
    throw new ApiProblem({ status: 0, code: "not-the-console", title: "No answer of the console", detail });
  }
}

/** The whole answer: a connection may end in the middle of it. */
async function reach(
  path: string,
  init: RequestInit,
): Promise<{ readonly answer: Response; readonly text: string }> {
  try {
    const answer = await fetch(path, init);
    return { answer, text: await answer.text() };
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause;
    const detail = "The console does not answer. It may be restarting; this page tries again by itself.";
    throw new ApiProblem({ status: 0, code: "unreachable", title: "No answer", detail });
  }
}

function problemOf(status: number, text: string): ApiProblem {
  const fields = fieldsOf(text);
  const said = (name: string, otherwise: string): string => {
    const value = fields[name];
    return typeof value === "string" ? value : otherwise;
  };
  const title = said("title", `Answer ${status}`);
  return new ApiProblem(
    { status, code: said("code", ""), title, detail: said("detail", text.slice(0, 300)) },
    fields,
  );
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Whether the server knows of no such thing, or not for this reader: not that it could not say. */
export const isNotThere = ({ status }: ApiProblem): boolean => [400, 403, 404].includes(status);

/** `path?a=1&b=2` of what is given; empty values are left out. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, String(value)]));
  return pairs.length === 0 ? path : `${path}?${search}`;
}

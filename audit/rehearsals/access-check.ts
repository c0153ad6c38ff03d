// Whether ingest and the console ask who comes, by HTTP alone: without a key nobody is served, with it one is.

/** One request, and how it must be answered. */
export interface Knock {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly body?: string;
  readonly key?: string;
  readonly expected: number;
}

/** Requests to both services, without a key, with a wrong one and with the right one. */
export const knocks = (ingest: string, dashboard: string, key: string): Knock[] => {
  const transaction = JSON.stringify({
    id: `access-${key.slice(-8)}`,
    accountId: "acct-access",
    amount: 100,
    currency: "EUR",
    occurredAt: new Date().toISOString(),
  });
  const wrong = `${key.slice(0, -1)}${key.endsWith("A") ? "B" : "A"}`;
  const send = { url: `${ingest}/v1/transactions`, method: "POST" as const, body: transaction };
  const look = { url: `${dashboard}/v1/status`, method: "GET" as const };
  return [
    { ...send, expected: 401 },
    { ...send, key: wrong, expected: 401 },
    { ...send, key, expected: 202 },
    { ...look, expected: 401 },
    { ...look, key: wrong, expected: 401 },
    { ...look, key, expected: 200 },
  ];
};

/** @returns one line for people. @throws when a request is answered with another status than it must be */
export const checkAccess = async (asked: readonly Knock[]): Promise<string> => {
  for (const { url, method, body, key, expected } of asked) {
    const answer = await fetch(url, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(10_000),
    });
    await answer.arrayBuffer();
    if (answer.status !== expected) {
      const how = key === undefined ? "without a key" : "with a key";
      throw new Error(`${method} ${url} ${how} is answered ${answer.status}, and must be ${expected}`);
    }
  }
  return "with AUTH=required ingest and the console serve who has a key, and nobody else";
};

// Whether a console answers what the topics hold, by HTTP alone: as somebody would look who has the dashboard's address.
//
//   CC1. It is live and has nothing left to read before anything else is asked.
//   CC2. Of the newest alert that holds, the passport of its last cause must tell the whole way: received, screened, the
//        alert itself.

import type { Alert } from "@riffle/contracts";
import { waitFor } from "../pipeline/wait-for.ts";

interface Status {
  readonly phase: string;
  readonly applied: number;
  readonly lagRecords: number;
}

interface PassportAnswer {
  readonly status: string;
  readonly hops: readonly { readonly stage: string }[];
  readonly alerts: readonly Pick<Alert, "id">[];
}

const ask = async <T>(origin: string, path: string): Promise<T> => {
  const answer = await fetch(`${origin}${path}`, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`the console answers ${answer.status} to ${path}`);
  return (await answer.json()) as T;
};

/** What a passport leaves out of a transaction that raised an alert; empty when it tells the whole way (CC2). */
export const missingIn = (passport: PassportAnswer, alertId: string): string[] => {
  const stages = passport.hops.map(({ stage }) => stage);
  return [
    ...["received", "screened"].filter((stage) => !stages.includes(stage)).map((stage) => `no hop ${stage}`),
    ...(passport.status === "screened" ? [] : [`its status is ${passport.status}`]),
    ...(passport.alerts.some(({ id }) => id === alertId) ? [] : [`its alert ${alertId} is not in it`]),
  ];
};

/**
 * Asks a console for its page, its read model, and the passport of a transaction that raised an alert.
 *
 * @param origin such as `http://127.0.0.1:8090`
 * @returns one line for people
 * @throws when it is not live and caught up within `withinMs`, or an answer is not what it must be
 */
export const checkConsole = async (origin: string, withinMs: number): Promise<string> => {
  const page = await fetch(origin, {
    headers: { accept: "text/html" },
    signal: AbortSignal.timeout(10_000),
  });
  if (!page.ok || !(await page.text()).includes("<html"))
    throw new Error(`the console answers ${page.status} where its page should be`);
  let status: Status = { phase: "", applied: 0, lagRecords: 0 };
  const isLive = async (): Promise<boolean> => {
    status = await ask<Status>(origin, "/v1/status");
    return status.phase === "live" && status.lagRecords === 0;
  };
  await waitFor("the console's read model is live and has nothing left to read", isLive, withinMs);
  const { items } = await ask<{ readonly items: readonly Alert[] }>(
    origin,
    "/v1/alerts?status=raised&limit=1",
  );
  const alert = items[0];
  const cause = alert?.evidence.at(-1);
  if (alert === undefined || cause === undefined)
    throw new Error("the console knows of no alert, and there were some");
  const { id, accountId } = cause;
  const path = `/v1/transactions/${encodeURIComponent(id)}?account=${encodeURIComponent(accountId)}`;
  const missing = missingIn(await ask<PassportAnswer>(origin, path), alert.id);
  if (missing.length > 0) throw new Error(`the passport of ${id} is not whole: ${missing.join("; ")}`);
  return `the console is live with ${status.applied} records; the passport of ${id} tells its way to alert ${alert.id.slice(0, 12)}…`;
};

// Whether alerts arrive as mail, by MailDev's API alone.

import { waitFor } from "../pipeline/wait-for.ts";

interface Mail {
  readonly subject: string;
}

/**
 * Waits for the mail of an alert.
 *
 * @param origin of MailDev, such as `http://127.0.0.1:1080`
 * @returns one line for people
 * @throws when none has come within `withinMs`
 */
export const checkMail = async (origin: string, withinMs: number): Promise<string> => {
  let alerts: readonly Mail[] = [];
  const hasCome = async (): Promise<boolean> => {
    const answer = await fetch(`${origin}/api/email`, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`MailDev answers ${answer.status} to /api/email`);
    alerts = ((await answer.json()) as readonly Mail[]).filter(({ subject }) =>
      subject.startsWith("[Riffle] "),
    );
    return alerts.length > 0;
  };
  await waitFor("a mail of an alert is in MailDev", hasCome, withinMs);
  return `MailDev has ${alerts.length} mails of alerts, the first "${alerts[0]?.subject}"`;
};

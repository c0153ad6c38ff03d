// The card that is shown once everything runs: where to send, where to look, what to try, how to stop.

import { consoleUrl, ingestUrl, type LauncherSettings } from "./settings.ts";

export interface CardFacts {
  readonly settings: LauncherSettings;
  /** As `RunningKafka.description`. */
  readonly kafka: string;
  readonly brokers: readonly string[];
  /** Whether Kafka is a broker in memory. */
  readonly inMemory: boolean;
  /** Seconds from the command to this card. */
  readonly seconds: number;
}

const ruleWidth = 100;

const inMemoryNotice = `
  NOTHING SURVIVES A RESTART. Kafka is a broker in memory here, and all services are one process:
  enough for a first look. With Docker, or Java 17 and Maven, \`start\` uses a real Kafka.
`;

/** The card as text, without colours, so that it can be pasted from. */
export function card({ settings, kafka, brokers, inMemory, seconds }: CardFacts): string {
  const rule = "─".repeat(ruleWidth);
  const admin = settings.services.map(
    ({ name, adminPort }) => `    ${name.padEnd(15)} http://127.0.0.1:${adminPort}`,
  );
  return `
${rule}
  Riffle runs (${seconds.toFixed(0)} s).
${inMemory ? inMemoryNotice : ""}
  Dashboard   ${consoleUrl(settings)}
  POST to     ${ingestUrl(settings)}/v1/transactions
  Kafka       ${brokers.join(",")}   ${kafka}
  Services    ${inMemory ? "threads of this process; " : ""}/readyz and /metrics at
${admin.join("\n")}
  Logs        .riffle/logs/<service>.log

  Three small purchases and then a large one, on one account. Paste this; the alert appears below:

${indent(demonstration(ingestUrl(settings)))}

  More, with near-misses that must stay silent:   npx -y pnpm@10 scenario card-testing
  Stop:                                           Ctrl-C
${rule}
`;
}

/**
 * Shell commands that complete the card-testing pattern. The times are taken when it is pasted, not when it is
 * printed: hours later, times of the printing would be late. Whole seconds, because not every `date` knows
 * fractions; equal times keep the order in which they arrived.
 */
export function demonstration(url: string): string {
  return `account="demo-$(date +%s)"
for amount in 900 1200 1500 250000; do
  curl -sS -w '\\n' ${url}/v1/transactions -H 'content-type: application/json' -d '{
    "id": "'"$account-$amount"'", "accountId": "'"$account"'", "amount": '"$amount"', "currency": "EUR",
    "occurredAt": "'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'"}'
done`;
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}

// The verdict: what must hold once everything is healed and drained.
//
//   V1. A transaction that was answered 202 is in ingest's topic (P1), and nothing is there that nobody sent.
//   V2. Every topic holds, record by record and in order, what the reference model computes from ingest's topic (P2, P3).
//   V3. Each raised or withdrawn alert has one outcome for each channel, and the receiver of webhooks knows each (P7).
//   V4. received = screened + rejected + dead-lettered (P8).
//   V5. No atomic commit is left open: Kafka's own tool lists none, and no partition of any topic has an end that a
//       read-committed consumer cannot reach.
//   V6. What no codec reads, and what its handler threw at, is in the dead-letter topic of each service that reads it,
//       once, in order, as it came (P5). All of that which was written on purpose was met.
//   V7. Of one account, what was sent after an answer stands behind what was answered (P3).
//   V8. While the attack lasted, outputs were visible if and only if their input's offsets were committed.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { notificationId, type Transaction, topics } from "@riffle/contracts";
import { findJava, toolsClassPath } from "@riffle/infra/kafka";
import { connectAdmin, readTopic } from "@riffle/streams/kafka";
import type { ModelOptions } from "../model/reference-model.ts";
import { valueDigestOf } from "../pipeline/dead-letters.ts";
import { differences, type PipelineRecords } from "../pipeline/topic-answers.ts";
import type { WebhookReceiver } from "../pipeline/webhook-receiver.ts";
import { accountOrderFaults } from "./account-order.ts";
import type { Attempt } from "./load-log.ts";

const run = promisify(execFile);

/** What the verdict is made from. */
export interface Evidence {
  readonly brokers: readonly string[];
  readonly records: PipelineRecords;
  readonly model: ModelOptions;
  readonly sent: ReadonlyMap<string, Transaction>;
  readonly answered: readonly Attempt[];
  /** Ids that were sent with more than one content. */
  readonly contradicted: ReadonlySet<string>;
  readonly receiver: WebhookReceiver;
  /** Digests of the values that were written on purpose and that no codec reads. */
  readonly poison: ReadonlySet<string>;
  /** What the looks at atomicity found (V8). */
  readonly torn: readonly string[];
}

/** Everything that does not hold, in words; empty when all does. */
export const violationsOf = async (evidence: Evidence): Promise<string[]> => [
  ...acceptance(evidence),
  ...differences(evidence.records, evidence.model),
  ...conservation(evidence.records),
  ...(await notifications(evidence)),
  ...unmetPoison(evidence),
  ...accountOrderFaults(evidence.answered, evidence.records.received),
  ...evidence.torn,
  ...(await openTransactions(evidence.brokers)),
  ...(await undecidedEnds(evidence.brokers)),
];

const sample = (items: readonly string[]): string => items.slice(0, 3).join(", ");

/** V1. */
const acceptance = ({ records, sent, answered, contradicted }: Evidence): string[] => {
  const received = records.received.flat();
  const ids = new Set(received.map(({ id }) => id));
  const lost = [
    ...new Set(
      answered.filter(({ id, outcome }) => outcome === "accepted" && !ids.has(id)).map(({ id }) => id),
    ),
  ];
  const phantoms = received.filter(({ id }) => !sent.has(id)).map(({ id }) => id);
  const refused = new Set(
    answered
      .filter(({ id, outcome }) => outcome === "refused" || (outcome === "conflict" && !contradicted.has(id)))
      .map(({ id }) => id),
  );
  return [
    ...(lost.length > 0 ? [`${lost.length} answered 202 and lost, such as ${sample(lost)}`] : []),
    ...(phantoms.length > 0 ? [`${phantoms.length} that nobody sent, such as ${sample(phantoms)}`] : []),
    ...(refused.size > 0 ? [`${refused.size} refused though valid, such as ${sample([...refused])}`] : []),
  ];
};

/** V4. */
const conservation = ({ received, answers, unreadableReceived, letters }: PipelineRecords): string[] => {
  const count = (of: (answer: PipelineRecords["answers"][number]) => readonly string[]): number =>
    answers.reduce((sum, answer) => sum + of(answer).length, 0);
  const [all, screened, rejected] = [
    received.flat().length + unreadableReceived,
    count((answer) => answer.screened),
    count((answer) => answer.rejected),
  ];
  const deadLetters = letters.find(({ service }) => service === "filter")?.found.flat().length ?? 0;
  return all === screened + rejected + deadLetters
    ? []
    : [`received ${all} is not screened ${screened} + rejected ${rejected} + dead-lettered ${deadLetters}`];
};

/** V3. */
const notifications = async ({ brokers, records, receiver }: Evidence): Promise<string[]> => {
  const told = (await readTopic({ brokers, clientId: "audit", topic: topics.notifications.name })).flat();
  const found = told
    .map(({ value }) => topics.notifications.codec.decode(value, "notification/1").id)
    .toSorted();
  const expected = records.alerts
    .flatMap(({ id: alertId, status: alertStatus, changedBy }) =>
      ["console", "webhook"].map((channel) => notificationId({ alertId, alertStatus, changedBy, channel })),
    )
    .toSorted();
  const faults: string[] = [];
  if (found.join() !== expected.join())
    faults.push(`${expected.length} notifications expected, ${found.length} found, or other ones`);
  const undelivered = records.alerts.filter(
    ({ id: alertId, status: alertStatus, changedBy }) =>
      !receiver.alerts.has(notificationId({ alertId, alertStatus, changedBy, channel: "webhook" })),
  );
  if (undelivered.length > 0)
    faults.push(`${undelivered.length} alerts never reached the webhook, such as ${undelivered[0]?.id}`);
  if (receiver.unsigned > 0) faults.push(`${receiver.unsigned} webhooks without a valid signature`);
  return faults;
};

/** V6: the dead letters themselves are compared with the model. */
export const unmetPoison = ({ records, poison }: Pick<Evidence, "records" | "poison">): string[] => {
  const put = new Set(records.letters.flatMap(({ found }) => found.flat().map(valueDigestOf)));
  const unmet = [...poison].filter((digest) => !put.has(digest));
  return unmet.length === 0
    ? []
    : [`${unmet.length} of ${poison.size} unreadable records are no dead letters, such as ${sample(unmet)}`];
};

const settled = ["CompleteCommit", "CompleteAbort", "Empty", "Dead"];

/** V5, by Kafka's `kafka-transactions.sh list`. */
const openTransactions = async (brokers: readonly string[]): Promise<string[]> => {
  const java = await findJava();
  if (java.kind === "missing") return [`open transactions cannot be looked for: ${java.reason}`];
  const tool = [
    "org.apache.kafka.tools.TransactionsCommand",
    "--bootstrap-server",
    brokers.join(","),
    "list",
  ];
  const { stdout } = await run(java.value.command, ["-Xmx128m", "-cp", await toolsClassPath(), ...tool]);
  // TransactionalId  Coordinator  ProducerId  TransactionState
  const rows = stdout
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns.length >= 4);
  if (rows.length === 0)
    return [`kafka-transactions.sh list named no transactional id: ${stdout.slice(0, 200)}`];
  return rows
    .filter((columns) => !settled.includes(columns.at(-1) ?? ""))
    .map((columns) => `a transaction was left open: ${columns.join(" ")}`);
};

/** V5, for transactions that no coordinator knows any more. */
const undecidedEnds = async (brokers: readonly string[]): Promise<string[]> => {
  const admin = await connectAdmin({ brokers, clientId: "audit" });
  try {
    const ours = (await admin.listTopics()).filter((name) => !name.startsWith("__"));
    return (await admin.undecided(ours)).map(
      ({ topic, partition, stable, end }) =>
        `${topic}/${partition} is held up at ${stable} by a transaction nobody ends; its log goes to ${end}`,
    );
  } finally {
    await admin.close();
  }
};

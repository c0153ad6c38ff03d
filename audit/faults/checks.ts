// The verdict: what must hold once everything is healed and drained.
//
//   V1. A transaction that was answered 202 is in ingest's topic (P1), and nothing is there that nobody sent, content
//       included.
//   V2. Every topic holds, record by record and in order, what the reference model computes from ingest's topic (P2, P3):
//       keys, event times, values and headers. What is not compared, record-lines.ts and told-alerts.ts say.
//   V3. Each raised or withdrawn alert has one outcome for each channel, delivered, with its number among the account's
//       messages; the receiver of webhooks was told each of them, word for word, and no other (P7).
//   V4. received = screened + rejected + dead-lettered (P8).
//   V5. No atomic commit is left open: Kafka's own tool lists none, and no partition of any topic has an end that a
//       read-committed consumer cannot reach.
//   V6. What no codec reads, and what its handler threw at, is in the dead-letter topic of each service that reads it,
//       once, in order, as it came (P5). All of that which was written on purpose was met, and no service wrote any.
//   V7. Of one account, what was sent after an answer stands behind what was answered (P3).
//   V8. While the attack lasted, outputs were visible if and only if their input's offsets were committed
//       (stage-watches.ts).
//   V9. A pipeline that does not come to rest is judged by V1, V7 and V8: of the others nobody could tell what is missing
//       from what is to come.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findJava, toolsClassPath } from "@riffle/infra/kafka";
import { connectAdmin } from "@riffle/streams/kafka";
import type { ModelOptions } from "../model/reference-model.ts";
import { valueDigestOf } from "../pipeline/dead-letters.ts";
import {
  notificationDifferences,
  owedNotifications,
  sample,
  type ToldChannel,
  webhookFaults,
} from "../pipeline/told-alerts.ts";
import { differences, type PipelineRecords } from "../pipeline/topic-answers.ts";
import type { WebhookReceiver } from "../pipeline/webhook-receiver.ts";
import { acceptanceFaults } from "./acceptance.ts";
import { accountOrderFaults } from "./account-order.ts";
import type { Attempt } from "./load-log.ts";
import type { WrittenPoison } from "./poison-writer.ts";
import type { Sent } from "./sent.ts";

const run = promisify(execFile);

/** What the verdict is made from. */
export interface Evidence {
  readonly brokers: readonly string[];
  readonly records: PipelineRecords;
  readonly model: ModelOptions;
  readonly sent: Sent;
  readonly answered: readonly Attempt[];
  /** The channels of the notifier. */
  readonly channels: readonly ToldChannel[];
  readonly receiver: WebhookReceiver;
  readonly poison: WrittenPoison;
  /** What the looks at atomicity found (V8). */
  readonly torn: readonly string[];
}

/** What does not hold whether the pipeline has come to rest or not (V9). */
export const violationsUnderWay = (evidence: Evidence): string[] => [
  ...acceptanceFaults({ ...evidence, received: evidence.records.received.flat() }),
  ...accountOrderFaults(evidence.answered, evidence.records.received),
  ...evidence.torn,
];

/** Everything that does not hold, in words; empty when all does. */
export const violationsOf = async (evidence: Evidence): Promise<string[]> => [
  ...violationsUnderWay(evidence),
  ...differences(evidence.records, evidence.model),
  ...conservation(evidence.records),
  ...notifications(evidence),
  ...unmetPoison(evidence),
  ...strayUnreadable(evidence),
  ...(await openTransactions(evidence.brokers)),
  ...(await undecidedEnds(evidence.brokers)),
];

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
const notifications = ({ records, receiver, channels }: Evidence): string[] => [
  ...records.alertRecords.flatMap((alerts, partition) =>
    notificationDifferences(
      partition,
      owedNotifications(alerts, channels),
      records.notifications[partition] ?? [],
    ),
  ),
  ...webhookFaults(records.alertRecords, "webhook", receiver),
];

/** V6: the dead letters themselves are compared with the model. */
export const unmetPoison = ({
  records,
  poison: { acknowledged },
}: Pick<Evidence, "records" | "poison">): string[] => {
  const put = new Set(records.letters.flatMap(({ found }) => found.flat().map(valueDigestOf)));
  const unmet = [...acknowledged].filter((digest) => !put.has(digest));
  return unmet.length === 0
    ? []
    : [
        `${unmet.length} of ${acknowledged.size} unreadable records are no dead letters, such as ${sample(unmet)}`,
      ];
};

/** V6: what a service wrote that the next one cannot read would be put aside as if it had to be. */
export const strayUnreadable = ({
  records,
  poison: { tried },
}: Pick<Evidence, "records" | "poison">): string[] => {
  // Two services read one topic.
  const lines = new Set(records.letters.flatMap(({ unreadable }) => unreadable.flat()));
  const strays = [...lines].filter((line) => !tried.has(valueDigestOf(line)));
  return strays.length === 0
    ? []
    : [`${strays.length} records that nobody reads, and that were not written on purpose: ${sample(strays)}`];
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

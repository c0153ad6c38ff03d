// Sends dead letters back to where they came from, each once.
//
//   R1. One transaction holds the records it sends and the marks that say so: both are there, or neither. So a dead
//       letter that has a mark was sent, and one that has none was not.
//   R2. All redrives have one transactional id. Whoever begins takes it over, which ends what the last one left open and
//       fences it; only then are the marks read. So nothing is sent that another has sent, or could still send.
//   R3. Batches are sent one after the other, in the order of the records' old offsets: a run that ends half-way has sent
//       the first of them, and the next run begins behind those.

import { topics } from "@riffle/contracts";
import { FencedError, StreamsError } from "@riffle/streams";
import { connectAdmin, TransactionalWriter, type WireOptions } from "@riffle/streams/kafka";
import { CliError } from "../errors.ts";
import type { Marks } from "./marks.ts";
import { type RedrivableLetter, redriveMark, redrivenRecord } from "./redriven-record.ts";
import { inBatches } from "./selection.ts";

/** The one transactional id (R2). */
export const redriveTransactionalId = "riffle-dlq-redrive";

const batchRecordsMaxDefault = 200;
const batchBytesMax = 512 * 1024;

/** What a redrive did. */
export interface RedriveResult {
  readonly sent: number;
  /** Of those it was asked for, how many another redrive had sent meanwhile. */
  readonly sentBefore: number;
}

/** What a redrive works with. */
export interface RedriveOptions {
  readonly kafka: WireOptions;
  /** In the order of sending. */
  readonly letters: readonly RedrivableLetter[];
  /** Reads the marks as they are now. */
  readonly readMarks: () => Promise<Marks>;
  /** Called after each transaction. */
  readonly onProgress?: (sent: number, of: number) => void;
  /** Most dead letters in one transaction. Default 200: a few kilobytes each, far below the transaction's time-out. */
  readonly batchRecordsMax?: number;
  /** Wall clock, for the timestamps of marks. */
  readonly now?: () => number;
}

/**
 * Sends the dead letters that were not sent before.
 *
 * @throws CliError CLI_REDRIVE_TAKEN_OVER when another redrive began meanwhile, CLI_REDRIVE_INTERRUPTED after any other
 * failure in the middle; either way each batch was sent as a whole, or not at all
 */
export const redrive = async ({
  kafka,
  letters,
  readMarks,
  onProgress,
  batchRecordsMax = batchRecordsMaxDefault,
  now = Date.now,
}: RedriveOptions): Promise<RedriveResult> => {
  const { name } = topics.deadLettersRedriven;
  await createMarksTopic(kafka);
  const writer = await TransactionalWriter.open({
    ...kafka,
    transactionalId: redriveTransactionalId,
    topics: [...new Set([...letters.map(({ original }) => original.topic), name])],
  });
  let sent = 0;
  try {
    const marks = await readMarks();
    const left = letters.filter((letter) => marks.sentAtMs(letter) === undefined);
    for (const batch of inBatches(left, { recordsMax: batchRecordsMax, bytesMax: batchBytesMax })) {
      const atMs = now();
      await writer.write([
        ...batch.map(redrivenRecord),
        ...batch.map((letter) => redriveMark(letter, writer.partitionCount(name), atMs)),
      ]);
      sent += batch.length;
      onProgress?.(sent, left.length);
    }
    return { sent, sentBefore: letters.length - left.length };
  } catch (error) {
    throw interrupted(error, sent, letters.length);
  } finally {
    await writer.close();
  }
};

/** The pipeline's admin step creates it; a cluster that was set up by an older version does not have it yet. */
const createMarksTopic = async (kafka: WireOptions): Promise<void> => {
  const { name, partitions, cleanupPolicy } = topics.deadLettersRedriven;
  const admin = await connectAdmin(kafka);
  try {
    const configs = { "cleanup.policy": cleanupPolicy, "message.timestamp.type": "CreateTime" };
    await admin.createTopics([{ name, partitions, replicationFactor: -1, configs }]);
  } finally {
    await admin.close();
  }
};

const interrupted = (error: unknown, sent: number, of: number): unknown => {
  if (!(error instanceof StreamsError)) return error;
  const done = `${sent} of ${of} were sent for certain`;
  const again = "Run the same command again: what was sent is not sent twice.";
  if (error instanceof FencedError) {
    const message = `Another \`riffle dlq redrive\` took over; ${done}. ${again}`;
    return new CliError("CLI_REDRIVE_TAKEN_OVER", message, { cause: error });
  }
  if (error.code === "STREAMS_RECORD_TOO_LARGE") {
    const message = `${error.message} With the headers of a redrive one of the dead letters is larger than that; ${done}. Name the others, or raise the topic's limit.`;
    return new CliError("CLI_NOT_REDRIVABLE", message, { cause: error });
  }
  const message = `The redrive was interrupted; ${done}. ${again} ${error.message}`;
  return new CliError("CLI_REDRIVE_INTERRUPTED", message, { cause: error });
};

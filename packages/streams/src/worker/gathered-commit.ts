// What the changed tasks of a worker hand over for one atomic commit.

import type { CommitOffset } from "../kafka/ports.ts";
import { writePositionMetadata } from "./position-metadata.ts";
import type { OutgoingRecord } from "./record.ts";
import type { PartitionTask, TaskOutput } from "./task.ts";

/** The outputs and positions of several tasks. */
export interface GatheredCommit {
  /** The tasks it is of. */
  readonly tasks: readonly PartitionTask[];
  /** How many input records it comes from. */
  readonly inputs: number;
  readonly records: readonly OutgoingRecord[];
  readonly offsets: readonly CommitOffset[];
}

/**
 * Drains the tasks that have changed.
 *
 * @param writer the transactional id, which a successor finds in the positions
 * @param drain gives nothing for a task that is not in this commit
 */
export const gatherCommit = (
  candidates: Iterable<PartitionTask>,
  writer: string,
  drain: (task: PartitionTask) => TaskOutput | undefined,
): GatheredCommit => {
  const tasks: PartitionTask[] = [];
  const records: OutgoingRecord[] = [];
  const offsets: CommitOffset[] = [];
  let inputs = 0;
  for (const task of candidates) {
    if (!task.changed) continue;
    const output = drain(task);
    if (output === undefined) continue;
    tasks.push(task);
    inputs += output.inputs;
    for (const record of output.records) records.push(record);
    const metadata = writePositionMetadata({ writer, streamTimeMs: output.streamTimeMs });
    for (const [topic, offset] of output.positions)
      offsets.push({ topic, partition: task.partition, offset, metadata });
  }
  return { tasks, inputs, records, offsets };
};

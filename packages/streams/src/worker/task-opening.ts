// Opening the tasks that a worker lacks: those it was given, at the positions that the group has; those it had set aside, at
// what it committed of them itself.

import { failPoint, holdingFailPoint } from "../fail-points.ts";
import type { StreamsClient } from "../kafka/client.ts";
import type { StoredPosition } from "../kafka/ports.ts";
import { allOrFirstError } from "./all-or-first-error.ts";
import { isWrittenBy, streamTimeOf } from "./position-metadata.ts";
import type { SetAsideTasks } from "./set-aside-tasks.ts";
import type { Stage } from "./stage.ts";
import type { PartitionTask } from "./task.ts";
import type { TaskRestorer } from "./task-restorer.ts";

/** What tasks are opened with. */
export interface TaskOpening {
  readonly stage: Stage;
  readonly client: StreamsClient;
  readonly restorer: TaskRestorer;
  readonly setAside: SetAsideTasks;
}

/** A task with its committed state, at its committed positions. */
export interface OpenedTask {
  readonly task: PartitionTask;
  /** Whether this process committed its positions last. */
  readonly isOwn: boolean;
}

/** Opens the tasks of these partitions, side by side. @throws the first error, when all have ended */
export const openTasks = async (
  partitions: readonly number[],
  { stage, client, restorer, setAside }: TaskOpening,
): Promise<OpenedTask[]> => {
  const topics = stage.handlers.map(({ topic }) => topic.name);
  const unknown = partitions.filter((partition) => setAside.startOf(partition) === undefined);
  const inputs = unknown.flatMap((partition) => topics.map((topic) => ({ topic, partition })));
  const read = inputs.length === 0 ? [] : await client.positions.read(inputs);
  const positions = Map.groupBy(read, ({ partition }) => partition);
  return await allOrFirstError(
    partitions.map(async (partition) => {
      const start = setAside.startOf(partition);
      if (start !== undefined) return { task: await restorer.reopen(start), isOwn: true };
      const stored = positions.get(partition) ?? [];
      const isOwn = stored.length === 0 || isWrittenBy(stored, client.transactionalId);
      return { task: await openStored(restorer, partition, stored), isOwn };
    }),
  );
};

const openStored = async (
  restorer: TaskRestorer,
  partition: number,
  stored: readonly StoredPosition[],
): Promise<PartitionTask> => {
  const held = holdingFailPoint("before-restore");
  if (held !== undefined) await held;
  const task = await restorer.open({
    partition,
    positions: new Map(stored.map(({ topic, offset }) => [topic, offset])),
    streamTimeMs: streamTimeOf(stored),
  });
  failPoint("after-restore");
  return task;
};

// The committed offsets of a group, those of open transactions kept apart.
//
//   O1. Offsets of a transaction are pending until its marker: a commit makes them the group's, an abort forgets them.
//   O2. A read that wants stable offsets is told which of them an open transaction may still change (KIP-447).

import { errorCodes } from "../kafka/protocol/errors.ts";
import type { CommittedOffset } from "../kafka/protocol/offset-fetch.ts";
import type { TopicPartition } from "../kafka/protocol/request.ts";
import type { CommitOffset } from "../kafka/protocol/txn-offset-commit.ts";
import type { Marker } from "./stored-batch.ts";

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** Offsets of one group. */
export class GroupOffsets {
  readonly #committed = new Map<string, CommitOffset>();
  readonly #pending = new Map<bigint, Map<string, CommitOffset>>();

  /** What the group stands at; undefined where it never committed. */
  committed(partition: TopicPartition): CommitOffset | undefined {
    return this.#committed.get(nameOf(partition));
  }

  /** Partitions of which an offset is committed. */
  get partitions(): TopicPartition[] {
    return [...this.#committed.values()];
  }

  /** What the producer's open transaction will make the group stand at. */
  pendingOf(producerId: bigint): CommitOffset[] {
    return [...(this.#pending.get(producerId)?.values() ?? [])];
  }

  /** Notes offsets of an open transaction. */
  hold(producerId: bigint, offsets: readonly CommitOffset[]): void {
    const pending = this.#pending.get(producerId) ?? new Map<string, CommitOffset>();
    for (const offset of offsets) pending.set(nameOf(offset), offset);
    this.#pending.set(producerId, pending);
  }

  end(producerId: bigint, marker: Marker): void {
    const pending = this.#pending.get(producerId);
    this.#pending.delete(producerId);
    if (marker === "abort") return;
    for (const [name, offset] of pending ?? []) this.#committed.set(name, offset);
  }

  read(partitions: readonly TopicPartition[], stable: boolean): CommittedOffset[] {
    return partitions.map(({ topic, partition }) => {
      const name = nameOf({ topic, partition });
      if (stable && [...this.#pending.values()].some((pending) => pending.has(name))) {
        return {
          topic,
          partition,
          offset: -1,
          metadata: "",
          errorCode: errorCodes.UNSTABLE_OFFSET_COMMIT,
        };
      }
      const { offset = -1, metadata = "" } = this.#committed.get(name) ?? {};
      return { topic, partition, offset, metadata, errorCode: errorCodes.NONE };
    });
  }
}

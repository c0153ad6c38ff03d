// A partitioner for keys that are too much for one partition: their records are spread over several.
//
// What that costs is said in docs/tuning.md, "A hot account". In short: state and order are per partition, so whoever reads
// has a part of such a key in each of them, and what needs the whole (a pattern, a duplicate, a session) does not find it.
//
//   HK1. A key that is not hot goes where murmur2 of the key sends it: nothing changes for it.
//   HK2. A hot key has `over` partitions, its own and those after it. Which of them a record goes to is decided by
//        `spreadBy` of the record alone, so a repeat goes where the first one went.
//   HK3. Of a hot key, records with the same `spreadBy` keep their order, and no others do.

import { StreamsConfigError } from "../errors.ts";
import { type PartitionedRecord, type Partitioner, partitionOf } from "./partitioner.ts";

/** Which keys are spread, and how. */
export interface HotKeysOptions {
  /** Says of a key whether it is hot. Must not change its mind while records of the key are in the topic. */
  readonly isHot: (key: string) => boolean;
  /** Over how many partitions a hot key is spread, at least 2; at most those there are. */
  readonly over: number;
  /**
   * What of the record decides, such as the terminal that a payment came from: of records that are equal in it order is
   * kept, and few different values spread badly.
   */
  readonly spreadBy: (record: PartitionedRecord) => string;
}

/**
 * A partitioner that spreads hot keys (HK1 to HK3), for `partitioner` of an IdempotentProducer.
 *
 * @throws StreamsConfigError when `over` is no whole number of at least 2
 */
export const spreadHotKeys = ({ isHot, over, spreadBy }: HotKeysOptions): Partitioner => {
  if (!Number.isInteger(over) || over < 2)
    throw new StreamsConfigError([
      `spreadHotKeys: \`over\` is ${over}; a hot key is spread over 2 partitions or more.`,
    ]);
  return (record, partitions) => {
    const home = partitionOf(Buffer.from(record.key), partitions);
    if (!isHot(record.key)) return home;
    const step = partitionOf(Buffer.from(spreadBy(record)), Math.min(over, partitions));
    return (home + step) % partitions;
  };
};

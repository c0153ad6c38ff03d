// What a run is about: a stage, and the records it is given.

import type { Topic } from "@riffle/contracts/envelope";
import type { RawRecord, StreamRecord } from "../../worker/record.ts";
import type { Stage } from "../../worker/stage.ts";
import type { Random } from "./random.ts";

/**
 * To be called with each record before the stage handles it, those of {@link Scenario.failure} left out: may wait, and
 * may throw to be tried again.
 */
export type Disturbance = (record: StreamRecord<unknown>) => void | Promise<void>;

/** A record before it has an offset. */
export type InputRecord = Omit<RawRecord, "offset">;

/**
 * A stage whose results are a function of its input in offset order: not of batches, of time or of what it was given
 * before a restart. With several inputs they must not depend on how these are interleaved either: what is handled of each
 * has outputs of its own, what they share in stores commutes, and nothing is dead-lettered, since all share one topic for it.
 */
export interface Scenario {
  readonly name: string;
  readonly inputs: readonly [Topic<unknown>, ...Topic<unknown>[]];
  /** A stage of its own for each process: state of a handler outside of its stores must not be shared. */
  stage(disturb: Disturbance): Stage;
  /** The next record of an input. @param index how many came before it in this run, of any input */
  record(random: Random, index: number, topic: string): InputRecord;
  /**
   * Its stores may hold the same in more than one form, depending on when it was tidied up: then only what it gives out
   * is compared, not its state byte for byte.
   * @default false
   */
  readonly stateHasManyForms?: boolean;
  /** The error that the handler throws at this record whenever it is given it; undefined when it does not. */
  failure?(record: RawRecord): Error | undefined;
}

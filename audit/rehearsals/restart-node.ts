// A broker of this machine that was killed, brought back: it is waited for while it recovers, and started again when its
// process ends.

import type { KafkaNode } from "@riffle/infra/kafka";
import type { Say } from "./timeline.ts";

/** What decides how patient one is. */
export interface RestartPatience {
  /** Resolves when the broker answers; rejects when it does not within a while. */
  readonly untilAnswered: (address: string) => Promise<void>;
  /** After it nothing is tried any more, milliseconds. */
  readonly withinMs: number;
}

const startsMax = 2;

/**
 * Starts a broker that is down, on its data. `restart` of a node gives up after a while, which a JVM that recovers its log
 * on a busy machine exceeds: it is asked again for as long as its process lives.
 *
 * @throws when it ended at each of two starts, or does not answer in time
 */
export const restartNode = async (
  node: Pick<KafkaNode, "id" | "address" | "pid" | "restart">,
  { untilAnswered, withinMs }: RestartPatience,
  say: Say,
): Promise<void> => {
  const deadline = performance.now() + withinMs;
  for (let starts = 0; ; ) {
    const isUp = node.pid !== undefined;
    if (!isUp && ++starts > startsMax)
      throw new Error(`broker ${node.id} ended at each of ${startsMax} starts`);
    try {
      await (isUp ? untilAnswered(node.address) : node.restart());
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      say(`broker ${node.id} is not back yet: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
};

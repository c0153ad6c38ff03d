// Binary serdes for what the window operators store: fewer bytes than JSON, and less work to write and read (bench/state.ts).
//
// Each takes the shape of the accumulator. A state's shape changes with its operator, and old bytes are refused then:
// see binarySerde and readingAlso in state/binary-serde.ts.

import { type BinaryShape, binary, binarySerde } from "../state/binary-serde.ts";
import type { Serde } from "../state/serde.ts";
import type { HoppingState } from "./hopping-window.ts";
import type { InstantNode } from "./instants.ts";
import type { SessionState } from "./session-window.ts";
import type { SlidingState } from "./sliding-window.ts";
import type { Totals } from "./totals.ts";
import type { TumblingState } from "./tumbling-window.ts";

/** The accumulator of `totals`. @param number `binary.float64` where amounts are no whole numbers */
export const totalsShape = (number: BinaryShape<number> = binary.int): BinaryShape<Totals> =>
  binary.struct({ count: binary.int, sum: number, min: number, max: number });

/** What guards hold: whole numbers or not, as the aggregate adds them. */
const held = binary.array(binary.float64);

/**
 * Of hopping windows.
 *
 * @param accumulator shape of the aggregate's accumulator
 */
export const hoppingStateSerde = <A>(accumulator: BinaryShape<A>): Serde<HoppingState<A>> =>
  binarySerde(
    binary.struct({
      nextEndMs: binary.int,
      held,
      starts: binary.deltas,
      accs: binary.array(accumulator),
    }),
  );

/**
 * Of tumbling windows.
 *
 * @param accumulator shape of the aggregate's accumulator
 */
export const tumblingStateSerde = <A>(accumulator: BinaryShape<A>): Serde<TumblingState<A>> =>
  hoppingStateSerde(accumulator);

/**
 * Of session windows.
 *
 * @param accumulator shape of the aggregate's accumulator
 */
export const sessionStateSerde = <A>(accumulator: BinaryShape<A>): Serde<SessionState<A>> =>
  binarySerde(
    binary.struct({
      sessions: binary.array(
        binary.struct({ startMs: binary.int, lastMs: binary.int, acc: accumulator, told: binary.deltas }),
      ),
    }),
  );

/** A tree that is deeper was not written here: with eight nodes a branch it would fill the memory. */
const depthMax = 30;

/** The tree of instants: a leaf, or a branch of trees. */
const instantsShape = <A>(accumulator: BinaryShape<A>): BinaryShape<InstantNode<A>> => {
  const acc = binary.nullable(accumulator);
  const accs = binary.array(accumulator);
  const { boolean, deltas, int } = binary;
  type Shape = BinaryShape<InstantNode<A>>;
  const write: Shape["write"] = (sink, node) => {
    const isBranch = "nodes" in node;
    boolean.write(sink, isBranch);
    acc.write(sink, node.acc);
    if (isBranch) {
      int.write(sink, node.firstMs);
      int.write(sink, node.lastMs);
      sink.varuint(node.nodes.length);
      for (const below of node.nodes) write(sink, below);
    } else {
      deltas.write(sink, node.times);
      accs.write(sink, node.accs);
    }
  };
  const read = (source: Parameters<Shape["read"]>[0], depth: number): InstantNode<A> => {
    const isBranch = boolean.read(source);
    if (depth > depthMax) throw source.refusal("instants lie too deep");
    const whole = acc.read(source);
    if (!isBranch) return { acc: whole, times: deltas.read(source), accs: accs.read(source) };
    const branch = { acc: whole, firstMs: int.read(source), lastMs: int.read(source) };
    const nodes: InstantNode<A>[] = [];
    for (let left = source.count(1); left > 0; left--) nodes.push(read(source, depth + 1));
    return { ...branch, nodes };
  };
  return {
    name: `instants(${accumulator.name})`,
    bytesMin: 1,
    write,
    read: (source) => read(source, 0),
  };
};

/**
 * Of sliding windows.
 *
 * @param accumulator shape of the aggregate's accumulator
 */
export const slidingStateSerde = <A>(accumulator: BinaryShape<A>): Serde<SlidingState<A>> =>
  binarySerde(
    binary.struct({
      nextEndMs: binary.nullable(binary.int),
      held,
      instants: binary.nullable(instantsShape(accumulator)),
    }),
  );

// The match buffer: the events of a key's matches in the making, each kept once.
//
// Matches in the making that share a beginning share its events: a match is a chain of nodes, each naming its event,
// the step that took it, and the node before. Nodes and events count who refers to them and go when nobody does.
//
//   M1. An event is held once per key, however many matches it is in.
//   M2. `retain` and `release` come in pairs; a node whose count falls to zero frees its event and the node before.
//   M3. Freed places are used again, so the buffer is as large as the most that was held at once, and a copy of it
//       (compactBuffer) as large as what is held now.

import type { PatternEvent } from "./event.ts";
import { PatternError } from "./pattern-error.ts";

/** An event in the buffer. */
export interface BufferedEvent<E> {
  readonly event: PatternEvent<E>;
  /** Its position in the key's history. */
  readonly position: number;
  refs: number;
}

/** One event of a chain. */
export interface BufferNode {
  /** Place of the event. */
  readonly event: number;
  /** The step that took it. */
  readonly step: number;
  /** Place of the node before, -1 for the first. */
  readonly prev: number;
  refs: number;
}

/** The buffer as plain data. Freed places hold `null`. */
export interface BufferState<E> {
  events: (BufferedEvent<E> | null)[];
  nodes: (BufferNode | null)[];
  freeEvents: number[];
  freeNodes: number[];
}

/** A buffer with nothing in it. */
export const emptyBuffer = <E>(): BufferState<E> => ({
  events: [],
  nodes: [],
  freeEvents: [],
  freeNodes: [],
});

/** Puts an event into the buffer, with no node naming it yet. */
export const addEvent = <E>(buffer: BufferState<E>, event: PatternEvent<E>, position: number): number => {
  const entry = { event, position, refs: 0 };
  const free = buffer.freeEvents.pop();
  if (free === undefined) return buffer.events.push(entry) - 1;
  buffer.events[free] = entry;
  return free;
};

/** Lengthens the chain that ends at `prev` by an event; the new node belongs to the caller (one reference). */
export const appendNode = <E>(buffer: BufferState<E>, event: number, step: number, prev: number): number => {
  const entry = buffer.events[event];
  if (entry) entry.refs++;
  if (prev >= 0) retain(buffer, prev);
  const node = { event, step, prev, refs: 1 };
  const free = buffer.freeNodes.pop();
  if (free === undefined) return buffer.nodes.push(node) - 1;
  buffer.nodes[free] = node;
  return free;
};

/** One more refers to the node. */
export const retain = <E>(buffer: BufferState<E>, node: number): void => {
  const found = buffer.nodes[node];
  if (found) found.refs++;
};

/** One less refers to the node; what nobody refers to is freed. */
export const release = <E>(buffer: BufferState<E>, node: number): void => {
  for (let at = node; at >= 0; ) {
    const found = buffer.nodes[at];
    if (!found || --found.refs > 0) return;
    buffer.nodes[at] = null;
    buffer.freeNodes.push(at);
    releaseEvent(buffer, found.event);
    at = found.prev;
  }
};

/** One more refers to the event, apart from nodes. */
export const retainEvent = <E>(buffer: BufferState<E>, event: number): void => {
  const entry = buffer.events[event];
  if (entry) entry.refs++;
};

/** One less refers to the event; when nobody does, it is freed. */
export const releaseEvent = <E>(buffer: BufferState<E>, event: number): void => {
  const entry = buffer.events[event];
  if (!entry || --entry.refs > 0) return;
  buffer.events[event] = null;
  buffer.freeEvents.push(event);
};

/** One event of a chain, resolved. */
export interface Link<E> {
  readonly step: number;
  readonly buffered: BufferedEvent<E>;
}

/** The events of the chain that ends at `node`, in order. */
export const chainOf = <E>(buffer: BufferState<E>, node: number): Link<E>[] => {
  const links: Link<E>[] = [];
  for (let at = node; at >= 0; ) {
    const found = buffer.nodes[at];
    const buffered = found ? buffer.events[found.event] : undefined;
    if (!found || !buffered)
      throw new PatternError("PATTERN_STATE_FOREIGN", `match buffer: node ${at} or its event is missing`);
    links.push({ step: found.step, buffered });
    at = found.prev;
  }
  return links.reverse();
};

/** The event at this place, as a link. */
export const linkTo = <E>(buffer: BufferState<E>, step: number, event: number): Link<E> => {
  const buffered = buffer.events[event];
  if (!buffered) throw new PatternError("PATTERN_STATE_FOREIGN", `match buffer: event ${event} is missing`);
  return { step, buffered };
};

/** A copy without freed places, and where each node and each event is in it. */
export const compactBuffer = <E>(
  buffer: BufferState<E>,
): { buffer: BufferState<E>; nodes: readonly number[]; events: readonly number[] } => {
  const eventAt: number[] = [];
  const nodeAt: number[] = [];
  const copy = emptyBuffer<E>();
  for (const [at, entry] of buffer.events.entries())
    if (entry) eventAt[at] = copy.events.push({ ...entry }) - 1;
  let next = 0;
  for (const [at, node] of buffer.nodes.entries()) if (node) nodeAt[at] = next++;
  for (const node of buffer.nodes)
    if (node)
      copy.nodes.push({
        ...node,
        event: eventAt[node.event] ?? -1,
        prev: node.prev < 0 ? -1 : (nodeAt[node.prev] ?? -1),
      });
  return { buffer: copy, nodes: nodeAt, events: eventAt };
};

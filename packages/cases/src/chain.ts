// The chain: each event of a case carries the hash of the one before it, so that none can be changed, taken out or moved
// without the next one telling.
//
//   H1. `hash` is SHA-256, in lower-case hexadecimal, over the UTF-8 bytes of: the schema as the record's header says it
//       (`case-event/2`), a line feed, and the canonical JSON (canonical.ts) of the event without its member `hash`. The
//       member `previousHash` is part of it.
//   H2. An event is hashed in the form in which it was written: one of version 1 as `case-event/1`, whatever it was upcast to.
//   H3. The hashes prove order and content against a later event or a snapshot. Whoever may write the topic can replace a
//       whole chain from some event to its end; that is found where an earlier snapshot, or a hash noted elsewhere, disagrees.
import { createHash } from "node:crypto";
import {
  type CaseEvent,
  caseEventCodec,
  caseEventInVersionOne,
  caseEventVersionOneCodec,
} from "@riffle/contracts";
import { canonicalJson } from "./canonical.ts";

/** An event that has no hash yet. */
export type UnsealedEvent = DistributiveOmit<CaseEvent, "hash">;

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** The event with its hash (H1). */
export function sealed(event: UnsealedEvent): CaseEvent {
  // Adding the one member that was left out gives the type back; the compiler does not see it through the union.
  return { ...event, hash: digestOf(caseEventCodec.schema, event) } as CaseEvent;
}

/** The hash that an event must have (H1, H2), from everything but the hash that it has. */
export function hashOf(event: CaseEvent): string {
  if (event.writtenAs === 1) {
    const { hash: _, ...content } = caseEventInVersionOne(event);
    return digestOf(caseEventVersionOneCodec.schema, content);
  }
  const { hash: _, ...content } = event;
  return digestOf(caseEventCodec.schema, content);
}

function digestOf(schema: string, content: object): string {
  return createHash("sha256")
    .update(`${schema}\n${canonicalJson(content)}`, "utf8")
    .digest("hex");
}

/** What a command said, as 16 hexadecimal digits: who, the change, and nothing of when or after what. */
export function fingerprintOf(event: CaseEvent | UnsealedEvent): string {
  const {
    caseId: _case,
    accountId: _account,
    version: _version,
    at: _at,
    commandId: _command,
    previousHash: _previous,
    writtenAs: _writtenAs,
    ...rest
  } = event;
  const { hash: _hash, ...said } = rest as typeof rest & { readonly hash?: string };
  return createHash("sha256").update(canonicalJson(said), "utf8").digest("hex").slice(0, 16);
}

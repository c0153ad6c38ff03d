// How case events are written, in the newest version, and read, in every version there was.
import { type CaseEvent, caseEventSchema, caseEventSchemas } from "./case-event.ts";
import { caseEventVersionOneCodec, upcastCaseEvent } from "./case-event-version-one.ts";
import { jsonCodec } from "./codec.ts";
import type { Codec } from "./envelope.ts";

const newest = jsonCodec("case-event", 2, caseEventSchema);

/** One for each type: what is wrong with an event is said of its own type. */
const encoders: ReadonlyMap<string, Pick<Codec<CaseEvent>, "encode">> = new Map(
  Object.entries(caseEventSchemas).map(([type, schema]) => [type, jsonCodec("case-event", 2, schema)]),
);

/** The codec of `case-event/2`, which reads `case-event/1` as well. */
export const caseEventCodec: Codec<CaseEvent> = {
  schema: newest.schema,
  jsonSchema: caseEventSchema,
  encode: (event) => (encoders.get(event.type) ?? newest).encode(event),
  decode: (bytes, schema) =>
    schema === caseEventVersionOneCodec.schema
      ? upcastCaseEvent(caseEventVersionOneCodec.decode(bytes, schema))
      : newest.decode(bytes, schema),
};

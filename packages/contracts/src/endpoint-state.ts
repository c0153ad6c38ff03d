// The state of an endpoint, as the notifier keeps it in its store `endpoints` and the command line reads it there.
import Type, { type Static } from "typebox";
import Value from "typebox/value";

/** Whether anything is sent to an endpoint: it is held back while `paused`, and dead-lettered while `disabled`. */
export const endpointStates = ["active", "paused", "disabled"] as const;

const endpointStateSchema = Type.Object({
  state: Type.Enum(endpointStates, { type: "string" }),
  sinceMs: Type.Number(),
  reason: Type.Optional(Type.String()),
});

/** What is sent to an endpoint, since when (wall clock, epoch milliseconds), and why not. */
export type EndpointState = Readonly<Static<typeof endpointStateSchema>>;

/** The state in a record of the store's changelog; undefined when it is none. */
export function readEndpointState(bytes: Uint8Array): EndpointState | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return Value.Check(endpointStateSchema, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

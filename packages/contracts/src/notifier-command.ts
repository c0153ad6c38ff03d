// Commands to the notifier: what an operator wants of it while it runs.
//
//   C1. A command may be given again without further effect: pausing what is paused, redelivering what was redelivered.
//   C2. `redeliver` is keyed by account, so that it reaches the task that owns the account; `pause` and `resume` concern
//       every task and are written once to each partition, keyed by channel.
import Type, { type Static } from "typebox";
import { alertSchema } from "./alert.ts";
import { jsonCodec } from "./codec.ts";
import { notificationIdPattern } from "./ids.ts";
import { channelNamePattern } from "./notification.ts";

const channel = Type.String({ pattern: channelNamePattern, description: "the channel's name" });
const count = { minimum: 1, maximum: Number.MAX_SAFE_INTEGER };

const redeliverSchema = Type.Object(
  {
    kind: Type.Literal("redeliver"),
    channel,
    notificationId: Type.String({ pattern: notificationIdPattern }),
    redelivery: Type.Integer({ ...count, description: "one more than the last on record; 1 for the first" }),
    sequence: Type.Integer(count),
    alert: alertSchema,
  },
  { additionalProperties: false },
);

const pauseSchema = Type.Object(
  { kind: Type.Literal("pause"), channel, reason: Type.String({ pattern: "^[^\\p{Cc}]{1,200}$" }) },
  { additionalProperties: false },
);

const resumeSchema = Type.Object({ kind: Type.Literal("resume"), channel }, { additionalProperties: false });

/** JSON Schema of {@link NotifierCommand}. */
export const notifierCommandSchema = Type.Union([redeliverSchema, pauseSchema, resumeSchema], {
  title: "NotifierCommand",
});

/** Asks for a message that was dead-lettered to be delivered again, with its old id and sequence. */
export type RedeliverCommand = Static<typeof redeliverSchema>;
/** What the notifier can be told. */
export type NotifierCommand = Static<typeof notifierCommandSchema>;

/** The codec of `notifier-command/2`, which holds an `alert/2`. */
export const notifierCommandCodec = jsonCodec("notifier-command", 2, notifierCommandSchema);

// The body of a command: what a client may send, one schema for each command.

import { randomUUID } from "node:crypto";
import type { PersonChange } from "@riffle/cases";
import { caseDispositions, caseEventPatterns, caseIdPattern, idPattern } from "@riffle/contracts";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";

const { name, text, reason } = caseEventPatterns;
const optionalReason = { reason: Type.Optional(Type.String({ pattern: reason })) };
const closed = { additionalProperties: false };

const common = {
  expectedVersion: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  commandId: Type.Optional(Type.String({ pattern: idPattern })),
};

const schemas = {
  assign: Type.Object(
    {
      ...common,
      command: Type.Literal("assign"),
      assignee: Type.Union([Type.String({ pattern: name }), Type.Null()]),
    },
    closed,
  ),
  comment: Type.Object(
    { ...common, command: Type.Literal("comment"), text: Type.String({ pattern: text }) },
    closed,
  ),
  link: Type.Object(
    { ...common, command: Type.Literal("link"), caseId: Type.String({ pattern: caseIdPattern }) },
    closed,
  ),
  "set-disposition": Type.Object(
    {
      ...common,
      command: Type.Literal("set-disposition"),
      disposition: Type.Enum(caseDispositions, { type: "string" }),
      ...optionalReason,
    },
    closed,
  ),
  close: Type.Object({ ...common, command: Type.Literal("close"), ...optionalReason }, closed),
  reopen: Type.Object({ ...common, command: Type.Literal("reopen"), ...optionalReason }, closed),
} satisfies Record<PersonChange["command"], unknown>;

type CommandName = keyof typeof schemas;
type CommandBody = { [Name in CommandName]: Static<(typeof schemas)[Name]> }[CommandName];

const validators = new Map(
  Object.entries(schemas).map(([command, schema]) => [command, Compile(schema)] as const),
);

/** A command as it was sent. */
export interface SentCommand {
  readonly change: PersonChange;
  readonly expectedVersion: number;
  /** The client's, or a new one: then a repeat cannot be known, and its expected version is refused. */
  readonly commandId: string;
}

/** The command in a body, or one sentence on what is wrong with it, which repeats nothing of it. */
export function readCommandBody(body: unknown): SentCommand | { readonly fault: string } {
  const command = typeof body === "object" && body !== null && "command" in body ? body.command : undefined;
  const validator = typeof command === "string" ? validators.get(command) : undefined;
  if (validator === undefined)
    return { fault: `"command" must be one of ${Object.keys(schemas).join(", ")}.` };
  if (!validator.Check(body)) return { fault: faultOf(validator.Errors(body)) };
  // Checked by the validator of its own command.
  const { expectedVersion, commandId = randomUUID(), ...change } = body as CommandBody;
  return { change, expectedVersion, commandId };
}

interface SchemaFault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

function faultOf(faults: readonly SchemaFault[]): string {
  const [first] = faults;
  // A name that the schema does not have is the client's own text, and is not repeated.
  if (first === undefined || first.keyword === "boolean" || first.keyword === "additionalProperties")
    return "The body has a field that this command does not take.";
  const { requiredProperties = [] } = first.params as { readonly requiredProperties?: readonly string[] };
  const field = first.instancePath.split("/")[1] ?? requiredProperties[0] ?? "the body";
  return `"${field}" ${first.message}.`;
}

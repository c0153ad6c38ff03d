// The subscriptions: which alerts go to which endpoint, as a versioned JSON file.
//
//   S1. The file is checked whole at start, and every fault is told at once with its place. Nothing is guessed: an unknown
//       field is a fault, and so is a rule that there is not: whoever misspells one would never be told of its alerts.
//   S2. No secret stands in it; its endpoints name files that hold them.

import { readFileSync } from "node:fs";
import {
  alertSeverities,
  alertStatuses,
  channelNamePattern,
  nearestName,
  ruleNames,
} from "@riffle/contracts";
import { ConfigError, type ConfigFault } from "@riffle/service-kit";
import Type, { type Static, type TProperties } from "typebox";
import Value from "typebox/value";
import type { Channel } from "./channels/channel.ts";
import { emailChannelOf, emailEndpointProperties } from "./channels/email-channel.ts";
import { EndpointError } from "./channels/endpoint-fault.ts";
import { slackChannelOf, slackEndpointProperties } from "./channels/slack-channel.ts";
import type { Surroundings } from "./channels/surroundings.ts";
import { webhookChannelOf, webhookEndpointProperties } from "./channels/webhook-channel.ts";
import { type Endpoint, waitPattern, waitsMs, wantsOf } from "./endpoint.ts";

const alertFilterSchema = Type.Object(
  {
    rules: Type.Optional(Type.Array(Type.Enum(ruleNames, { type: "string" }), { minItems: 1 })),
    severities: Type.Optional(Type.Array(Type.Enum(alertSeverities, { type: "string" }), { minItems: 1 })),
    statuses: Type.Optional(Type.Array(Type.Enum(alertStatuses, { type: "string" }), { minItems: 1 })),
    accountPrefixes: Type.Optional(
      Type.Array(Type.String({ pattern: "^[A-Za-z0-9._:-]{1,64}$" }), { minItems: 1 }),
    ),
  },
  { additionalProperties: false, description: "alerts that fit every list given; without any, all" },
);

/** What every endpoint has, whatever its kind. */
const commonProperties = {
  name: Type.String({ pattern: channelNamePattern, description: "unique, lower case and dashes" }),
  alerts: Type.Optional(alertFilterSchema),
  concurrencyMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  retryWaits: Type.Optional(Type.Array(Type.String({ pattern: waitPattern }), { maxItems: 30 })),
};

const endpointSchemaOf = <P extends TProperties>(properties: P) =>
  Type.Object({ ...commonProperties, ...properties }, { additionalProperties: false });

const webhookSchema = endpointSchemaOf(webhookEndpointProperties);
const slackSchema = endpointSchemaOf(slackEndpointProperties);
const emailSchema = endpointSchemaOf(emailEndpointProperties);

const schemas = { webhook: webhookSchema, slack: slackSchema, email: emailSchema } as const;

type Kind = keyof typeof schemas;
type Declared = Static<typeof webhookSchema> | Static<typeof slackSchema> | Static<typeof emailSchema>;

const kinds = Object.keys(schemas);
const isKind = (kind: unknown): kind is Kind => typeof kind === "string" && kinds.includes(kind);

/** What an endpoint of the file has where it says nothing. */
export interface SubscriptionDefaults {
  readonly concurrencyMax: number;
  /** Milliseconds. */
  readonly retryWaits: readonly number[];
}

/** The only version there is. */
const version = 1;
const variable = "NOTIFIER_SUBSCRIPTIONS";

/**
 * The endpoints that a file subscribes.
 *
 * @throws ConfigError with every fault: the file, the place in it as a JSON Pointer, what was found and what to do
 */
export const readSubscriptions = (
  path: string,
  surroundings: Surroundings,
  defaults: SubscriptionDefaults,
): Endpoint[] => {
  const faults: ConfigFault[] = [];
  const note = (pointer: string, problem: string): void => {
    faults.push({ variable, problem: `${path}#${pointer}: ${problem}` });
  };
  const declared = declaredIn(parse(path), note);
  const endpoints = declared.flatMap(({ pointer, endpoint }) => {
    const concurrencyMax = endpoint.concurrencyMax ?? defaults.concurrencyMax;
    const channel = channelOf(endpoint, pointer, { ...surroundings, socketsMax: concurrencyMax }, note);
    if (channel === undefined) return [];
    const retryWaits = endpoint.retryWaits === undefined ? defaults.retryWaits : waitsMs(endpoint.retryWaits);
    return [{ channel, wants: wantsOf(endpoint.alerts ?? {}), concurrencyMax, retryWaits }];
  });
  if (faults.length > 0) throw new ConfigError(faults);
  return endpoints;
};

/** @throws ConfigError when the file cannot be read, or is no JSON */
const parse = (path: string): unknown => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
    throw new ConfigError([{ variable, problem: `${path} cannot be read: ${code}` }], { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const [, line, column] = /\(line (\d+) column (\d+)\)/.exec(String(cause)) ?? [];
    // Some messages of the parser have no place, but show the text around it, which may be of an address that is a secret.
    const token = /Unexpected token '(.)'/su.exec(String(cause))?.[1];
    const why = token === undefined ? "at its end" : `at a ${JSON.stringify(token)} that cannot stand there`;
    const place = line === undefined ? why : `at line ${line}, column ${column}`;
    throw new ConfigError([{ variable, problem: `${path} stops being JSON ${place}` }]);
  }
};

type Note = (pointer: string, problem: string) => void;

interface Placed {
  readonly pointer: string;
  readonly endpoint: Declared;
}

/** The endpoints that are as they should be; everything else is noted. */
const declaredIn = (file: unknown, note: Note): Placed[] => {
  if (typeof file !== "object" || file === null || Array.isArray(file)) {
    note("", `must be an object with "version" and "endpoints"`);
    return [];
  }
  for (const name of Object.keys(file))
    if (name !== "version" && name !== "endpoints")
      note(`/${name}`, unknownField(name, ["version", "endpoints"]));
  if (!("version" in file) || file.version !== version) note("/version", `must be ${version}`);
  const endpoints = "endpoints" in file ? file.endpoints : undefined;
  if (!Array.isArray(endpoints)) {
    note("/endpoints", "must be a list of endpoints");
    return [];
  }
  const placed = endpoints.flatMap((endpoint: unknown, i) => {
    const pointer = `/endpoints/${i}`;
    return isDeclared(endpoint, pointer, note) ? [{ pointer, endpoint }] : [];
  });
  const names = new Map<string, string>();
  for (const { pointer, endpoint } of placed) {
    const first = names.get(endpoint.name);
    if (first !== undefined) note(`${pointer}/name`, `"${endpoint.name}" is the name of ${first} already`);
    names.set(endpoint.name, first ?? pointer);
  }
  return placed;
};

const isDeclared = (endpoint: unknown, pointer: string, note: Note): endpoint is Declared => {
  const kind =
    typeof endpoint === "object" && endpoint !== null && "kind" in endpoint ? endpoint.kind : undefined;
  if (!isKind(kind)) {
    note(`${pointer}/kind`, `must be one of ${kinds.join(", ")}`);
    return false;
  }
  const schema = schemas[kind];
  const faults = Value.Errors(schema, endpoint);
  for (const fault of faults) {
    const { additionalProperties, requiredProperties, allowedValues } = fault.params as {
      additionalProperties?: string[];
      requiredProperties?: string[];
      allowedValues?: string[];
    };
    const at = pointer + fault.instancePath;
    for (const name of additionalProperties ?? [])
      note(
        `${at}/${name}`,
        unknownField(name, fault.instancePath === "" ? Object.keys(schema.properties) : []),
      );
    for (const name of requiredProperties ?? []) note(`${at}/${name}`, "is required");
    const found = Value.Pointer.Get(endpoint, fault.instancePath);
    if (allowedValues !== undefined) {
      if (typeof found === "string") note(at, unknownName(found, allowedValues));
      continue;
    }
    // What follows from an unknown field is told with the field.
    if (additionalProperties === undefined && requiredProperties === undefined && fault.keyword !== "boolean")
      note(at, fault.message);
  }
  return faults.length === 0;
};

const unknownField = (name: string, known: readonly string[]): string => {
  const meant = nearestName(name, known);
  return meant === undefined ? "is not a field of it" : `is not a field of it; did you mean "${meant}"?`;
};

const unknownName = (name: string, known: readonly string[]): string => {
  const meant = nearestName(name, known);
  const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return `found ${JSON.stringify(name.slice(0, 64))}, but must be one of ${known.join(", ")}${hint}`;
};

const channelOf = (
  { alerts: _, concurrencyMax: _max, retryWaits: _waits, ...own }: Declared,
  pointer: string,
  surroundings: Surroundings,
  note: Note,
): Channel | undefined => {
  try {
    if (own.kind === "webhook") return webhookChannelOf(own, surroundings);
    if (own.kind === "slack") return slackChannelOf(own, surroundings);
    return emailChannelOf(own, surroundings);
  } catch (error) {
    if (!(error instanceof EndpointError)) throw error;
    for (const fault of error.faults) note(pointer + fault.pointer, fault.problem);
    return undefined;
  }
};

// The AsyncAPI 3 document of the pipeline: every topic, what its records are, who writes it and how it is laid out.
//
//   Y1. It is made from `allTopics`, so a topic is in it when it exists, with the schema its codec checks.
//   Y2. What JSON Schema cannot say (a real date, a real address) is not in it; the codecs check it all the same.

import type { Topic } from "./envelope.ts";
import { headerNames } from "./envelope.ts";
import { allTopics } from "./topics.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** `transactions.received.v1` → `transactionsReceivedV1`: keys of the document's maps have no dots. */
const keyOf = (name: string): string =>
  name.replace(/[.-]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const headers = {
  type: "object",
  required: [headerNames.schema],
  properties: {
    [headerNames.schema]: { type: "string", description: "schema of the value and its version" },
    [headerNames.traceparent]: { type: "string", description: "W3C trace context, from cause to effect" },
    [headerNames.receivedAt]: {
      type: "string",
      description: "epoch milliseconds at which ingest accepted the cause",
    },
    [headerNames.processedAt]: {
      type: "string",
      description:
        "epoch milliseconds at which the service that wrote the record handled what it follows from",
    },
    [headerNames.idConflict]: {
      const: "true",
      description: "ingest knew this id with other content and answered 409; the filter rejects it",
    },
  },
};

/**
 * The document, as an object that JSON can hold.
 *
 * @param version version of the document, `info.version`
 */
export function asyncApiDocument(version: string): object {
  const document = {
    asyncapi: "3.0.0",
    info: {
      title: "Riffle: topics",
      version,
      description:
        "Every topic of the pipeline. Keys are account ids, timestamps are event times. A topic has one writer; anybody may read.",
      license: { name: "Apache-2.0" },
    },
    defaultContentType: "application/json",
    channels: Object.fromEntries(allTopics.map((topic) => [keyOf(topic.name), channelOf(topic)])),
    operations: Object.fromEntries(
      allTopics.map((topic) => [`write${capital(keyOf(topic.name))}`, writeOf(topic)]),
    ),
    components: {
      messages: Object.fromEntries(allTopics.map((topic) => [keyOf(topic.name), messageOf(topic)])),
    },
  };
  // Schemas carry the validator's own functions beside their keywords; JSON leaves them out.
  return JSON.parse(JSON.stringify(document));
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

function channelOf(topic: Topic<unknown>): object {
  const kept = keptOf(topic);
  const key = keyOf(topic.name);
  return {
    address: topic.name,
    description: `Written by ${topic.owner} alone; ${kept}.`,
    messages: { [key]: { $ref: `#/components/messages/${key}` } },
    bindings: {
      kafka: {
        topic: topic.name,
        partitions: topic.partitions,
        topicConfiguration: {
          "cleanup.policy": topic.cleanupPolicy.split(","),
          "retention.ms": topic.retentionMs,
        },
        bindingVersion: "0.5.0",
      },
    },
  };
}

function keptOf({ cleanupPolicy, retentionMs }: Topic<unknown>): string {
  if (cleanupPolicy === "compact") return "the newest record of each key is kept";
  if (cleanupPolicy === "compact,delete")
    return `the newest record of each key is kept ${retentionMs / dayMs} days`;
  return retentionMs < 0 ? "kept for ever" : `kept ${retentionMs / dayMs} days`;
}

function writeOf({ name, owner }: Topic<unknown>): object {
  const channel = `#/channels/${keyOf(name)}`;
  return {
    action: "send",
    summary: `${owner} writes ${name}`,
    channel: { $ref: channel },
    messages: [{ $ref: `${channel}/messages/${keyOf(name)}` }],
  };
}

function messageOf({ name, codec }: Topic<unknown>): object {
  const isJson = codec.jsonSchema !== undefined;
  return {
    name: codec.schema,
    title: isJson ? codec.schema : `Dead letter of ${name}`,
    contentType: isJson ? "application/json" : "application/octet-stream",
    headers,
    // A dead letter's bytes are those of the record that could not be processed, whatever they are.
    payload: codec.jsonSchema ?? {},
    bindings: { kafka: { key: { type: "string" }, bindingVersion: "0.5.0" } },
  };
}

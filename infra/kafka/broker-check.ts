// Asks a broker whether it serves, in Kafka's own protocol over a bare socket.
//
// A line in a log says that a broker believes it has started; an open port says that something listens. This asks
// what a client will ask: the versions it speaks (ApiVersions) and which brokers the cluster has (Metadata). A
// broker that has not yet been let in by its controller does not appear in that list.

import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { LocalKafkaError, reasonOf } from "./errors.ts";

/** What one broker said about its cluster. */
export interface ClusterView {
  readonly brokerIds: readonly number[];
  /** -1 while no controller is known. */
  readonly controllerId: number;
}

const apiVersionsKey = 18;
const metadataKey = 3;
const clientId = "riffle-broker-check";
/** A healthy local broker answers in a few milliseconds; this is for one that is paused or very busy. */
const defaultAnswerWithinMs = 2_000;
/** Between two looks at a starting broker. */
const lookEveryMs = 50;

/**
 * Asks the broker at `address` (`host:port`) which brokers are in its cluster.
 *
 * @throws an `Error` naming the address and what was found instead of an answer
 */
export async function askBroker(
  address: string,
  answerWithinMs = defaultAnswerWithinMs,
): Promise<ClusterView> {
  const { host, port } = parseAddress(address);
  const socket = connect({ host, port });
  socket.setNoDelay(true);
  const timer = setTimeout(
    () => socket.destroy(new Error(`no answer within ${answerWithinMs} ms`)),
    answerWithinMs,
  );
  try {
    const answers = readFrames(socket);
    socket.write(request(apiVersionsKey, 0, 1, Buffer.alloc(0)));
    const versions = await nextFrame(answers);
    const errorCode = versions.readInt16BE(4);
    if (errorCode !== 0) {
      throw new Error(`ApiVersions answered with error code ${errorCode}`);
    }
    // Version 1 with an empty list of topics: brokers and controller only.
    socket.write(request(metadataKey, 1, 2, Buffer.alloc(4)));
    return parseMetadata(await nextFrame(answers));
  } catch (error) {
    throw new Error(`Kafka at ${address}: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/**
 * Resolves when every one of `addresses` answers and sees at least that many brokers and a controller.
 *
 * @throws LocalKafkaError `KAFKA_UNREACHABLE` after `withinMs`, with the last thing that was in the way
 */
export async function waitForBrokers(
  addresses: readonly string[],
  withinMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (const address of addresses) {
    let missing = await whatIsMissing(address, addresses.length);
    while (missing !== undefined) {
      signal?.throwIfAborted();
      if (performance.now() > deadline) {
        throw new LocalKafkaError(
          "KAFKA_UNREACHABLE",
          `${missing} (waited ${Math.round(withinMs / 1000)} s)`,
        );
      }
      await delay(lookEveryMs);
      missing = await whatIsMissing(address, addresses.length);
    }
  }
}

async function whatIsMissing(address: string, brokers: number): Promise<string | undefined> {
  try {
    const view = await askBroker(address);
    if (view.controllerId < 0) {
      return `Kafka at ${address} has no controller yet`;
    }
    return view.brokerIds.length < brokers
      ? `Kafka at ${address} sees brokers [${view.brokerIds.join(", ")}] where ${brokers} are expected`
      : undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** `host:port`, with an IPv6 host in brackets. */
export function parseAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<host>[^:\s]+)):(?<port>\d{1,5})$/.exec(address.trim());
  const host = match?.groups?.["six"] ?? match?.groups?.["host"];
  const port = Number(match?.groups?.["port"]);
  if (host === undefined || !(port > 0 && port < 65_536)) {
    throw new LocalKafkaError("KAFKA_SOURCE_INVALID", `Kafka address "${address}" is not host:port`);
  }
  return { host, port };
}

/** Size, then request header version 1 (key, version, correlation id, client id), then the body. */
function request(apiKey: number, apiVersion: number, correlationId: number, body: Buffer): Buffer {
  const id = Buffer.from(clientId);
  const head = Buffer.alloc(14);
  head.writeInt32BE(10 + id.length + body.length, 0);
  head.writeInt16BE(apiKey, 4);
  head.writeInt16BE(apiVersion, 6);
  head.writeInt32BE(correlationId, 8);
  head.writeInt16BE(id.length, 12);
  return Buffer.concat([head, id, body]);
}

/** The answers without their size, each beginning with its correlation id. */
async function* readFrames(socket: Socket): AsyncGenerator<Buffer, void> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    pending = Buffer.concat([pending, chunk as Buffer]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
      const end = 4 + pending.readInt32BE(0);
      yield pending.subarray(4, end);
      pending = pending.subarray(end);
    }
  }
}

async function nextFrame(frames: AsyncGenerator<Buffer, void>): Promise<Buffer> {
  const { done, value } = await frames.next();
  if (done === true || !Buffer.isBuffer(value)) {
    throw new Error("it closed the connection without an answer; is it a Kafka without TLS?");
  }
  return value;
}

/** Metadata version 1: correlation id, brokers (id, host, port, rack or null), controller id, topics. */
function parseMetadata(frame: Buffer): ClusterView {
  let at = 4;
  const count = frame.readInt32BE(at);
  at += 4;
  const brokerIds: number[] = [];
  for (let index = 0; index < count; index += 1) {
    brokerIds.push(frame.readInt32BE(at));
    at += 4;
    at += 2 + frame.readInt16BE(at) + 4;
    at += 2 + Math.max(0, frame.readInt16BE(at));
  }
  return { brokerIds, controllerId: frame.readInt32BE(at) };
}

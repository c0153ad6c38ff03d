// What the launcher uses of the Kafka client in `@riffle/streams`, as narrow as it needs it.
//
// Loaded when it is first needed and not at the top: start.ts then checks settings and ports before it, and can say
// in words that something has not been built.

import type { TopicAdmin } from "../kafka/pipeline-topics.ts";
import { LauncherError } from "./errors.ts";

/** A record as a reader hands it on; its bytes are those on the topic. */
export interface TopicRecord {
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads every partition of one topic, read committed, outside any consumer group. */
export interface TopicReader {
  /** Records that have come since the last call, per partition in order; empty when none came within `waitMs`. */
  next(waitMs: number): Promise<readonly TopicRecord[]>;
  close(): Promise<void>;
}

/** The part of `@riffle/streams/kafka` that is used here. */
export interface StreamsClient {
  connectAdmin(options: { readonly brokers: readonly string[] }): Promise<TopicAdmin>;
  /** Resolves once the reader's position is fixed at the end of every partition. */
  readTopic(options: {
    readonly brokers: readonly string[];
    readonly topic: string;
    readonly from: "end";
  }): Promise<TopicReader>;
}

/** @throws LauncherError when the package has not been built, or lacks a function */
export async function loadStreamsClient<N extends keyof StreamsClient>(name: N): Promise<StreamsClient[N]> {
  // A variable, so that this file compiles before the package has been built.
  const specifier: string = "@riffle/streams/kafka";
  let loaded: Partial<StreamsClient>;
  try {
    loaded = (await import(specifier)) as Partial<StreamsClient>;
  } catch (error) {
    throw new LauncherError(`${specifier} cannot be loaded; build first: npx -y pnpm@10 build`, {
      cause: error,
    });
  }
  const found = loaded[name];
  if (found === undefined) {
    throw new LauncherError(`${specifier} exports no ${name}; build again: npx -y pnpm@10 build`);
  }
  return found;
}

// Compares the copies below a state folder with their changelogs on the brokers: for the command line.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type ChangelogFacts, type Doubt, doubtOf } from "../state/checkpoint.ts";
import { type ComparedCopy, CopyComparison } from "../state/copy-comparison.ts";
import { CopySnapshot } from "../state/copy-snapshot.ts";
import { changelogTopic } from "../worker/task.ts";
import { ChangelogReader } from "./changelog-reader.ts";
import { Wire, type WireOptions } from "./wire.ts";

/** Which copies to compare. */
export interface VerifyCopiesOptions extends WireOptions {
  /** The folder that the service has as STATE_DIR. */
  readonly stateDir: string;
  readonly service: string;
  /** Default every one that there is a copy of. */
  readonly partition?: number;
  /** Default every one. */
  readonly store?: string;
  /** Called when an open transaction has held the reading up for a while. */
  readonly onStall?: () => void;
}

/** A store's copy that was compared. */
export interface VerifiedStore extends ComparedCopy {
  readonly store: string;
  /** Where the changelog goes on after the copy. */
  readonly offset: number;
}

/** What became of one partition. */
export interface VerifiedCopy {
  readonly partition: number;
  /** Why a restart would not use the copy either; nothing was compared then. */
  readonly doubt: Doubt | undefined;
  readonly stores: readonly VerifiedStore[];
}

/**
 * Compares copies with their changelogs, one partition after the other. The service may be running.
 *
 * @throws StreamsError when the cluster is unreachable or a changelog does not exist
 */
export async function* verifyCopies(options: VerifyCopiesOptions): AsyncGenerator<VerifiedCopy> {
  const wire = await Wire.connect(options);
  try {
    for (const partition of await partitionsOf(options)) yield await verify(wire, options, partition);
  } finally {
    await wire.close();
  }
}

const partitionsOf = async ({ stateDir, service, partition }: VerifyCopiesOptions): Promise<number[]> => {
  if (partition !== undefined) return [partition];
  const names = await readdir(join(stateDir, service)).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === "ENOENT") return [];
    throw error;
  });
  return names
    .filter((name) => /^\d{1,9}$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b);
};

const verify = async (wire: Wire, options: VerifyCopiesOptions, partition: number): Promise<VerifiedCopy> => {
  const { stateDir, service, store: only } = options;
  const taken = await CopySnapshot.take(join(stateDir, service, String(partition)));
  if ("doubt" in taken) return { partition, doubt: taken.doubt, stores: [] };
  const { snapshot } = taken;
  try {
    const { checkpoint } = snapshot;
    const names = Object.keys(checkpoint.stores).toSorted();
    await wire.loadTopics(names.map((store) => changelogTopic(service, store)));
    const reader = new ChangelogReader(wire);
    const facts = new Map<string, ChangelogFacts>();
    for (const store of names)
      facts.set(store, await reader.describe({ topic: changelogTopic(service, store), partition }));
    const copied = names.map((name) => ({
      name,
      // Which serde the service has is not known here.
      fingerprint: checkpoint.stores[name]?.fingerprint ?? "",
      facts: facts.get(name) as ChangelogFacts,
    }));
    const doubt = doubtOf(checkpoint, copied, Date.now());
    if (doubt !== undefined) return { partition, doubt, stores: [] };
    const stores: VerifiedStore[] = [];
    for (const store of names)
      if (only === undefined || store === only)
        stores.push(await compare(reader, snapshot, options, { store, partition }));
    return { partition, doubt: undefined, stores };
  } finally {
    await snapshot.close();
  }
};

const compare = async (
  reader: ChangelogReader,
  snapshot: CopySnapshot,
  { service, onStall }: VerifyCopiesOptions,
  { store, partition }: { readonly store: string; readonly partition: number },
): Promise<VerifiedStore> => {
  const offset = snapshot.checkpoint.stores[store]?.offset ?? 0;
  const comparison = new CopyComparison(snapshot.entries(store), offset);
  await reader.replay(
    { topic: changelogTopic(service, store), partition },
    (record) => comparison.record(record.offset, record.key, record.value),
    async () => onStall?.(),
  );
  return { store, offset, ...comparison.result() };
};

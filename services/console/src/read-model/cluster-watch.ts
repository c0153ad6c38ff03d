// What the cluster says of the pipeline's groups: their lag and their members. Asked every few seconds, whoever looks.
//
//   C1. A cluster that does not answer leaves the last answer, and when that was; it stops nothing.

import type { Logger } from "@riffle/service-kit/process";
import { type ClusterAdmin, ClusterInspector, connectAdmin, type WireOptions } from "@riffle/streams/kafka";
import type { Replica } from "../answers.ts";
import { endsAtGroup, pipelineEdges, replicaServices } from "./pipeline-edges.ts";

/** A partition that a group has not read to its end. */
export interface GroupLag {
  readonly partition: number;
  /** Next offset that the group will read; -1 when it never committed. */
  readonly committed: number;
  readonly lag: number;
}

/** What was heard last. */
export interface ClusterState {
  /** By `group topic`. */
  readonly lags: ReadonlyMap<string, readonly GroupLag[]>;
  readonly replicas: ReadonlyMap<string, readonly Replica[]>;
  /** Epoch milliseconds; undefined before the first answer. */
  readonly heardAtMs: number | undefined;
}

/** How the cluster is asked. */
export interface ClusterWatchOptions {
  readonly wire: WireOptions;
  readonly log: Logger;
  /** Default 5,000. */
  readonly everyMs?: number;
}

/** Asks while it runs. */
export class ClusterWatch {
  readonly #options: ClusterWatchOptions;
  #state: ClusterState = { lags: new Map(), replicas: new Map(), heardAtMs: undefined };
  #asked: { readonly admin: ClusterAdmin; readonly inspector: ClusterInspector } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: ClusterWatchOptions) {
    this.#options = options;
  }

  get state(): ClusterState {
    return this.#state;
  }

  start(): void {
    this.#turn = this.#ask();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#turn;
    await this.#disconnect();
  }

  async #ask(): Promise<void> {
    try {
      this.#asked ??= await this.#connect();
      const { admin, inspector } = this.#asked;
      this.#state = {
        lags: await lagsOf(admin),
        replicas: await replicasOf(inspector),
        heardAtMs: Date.now(),
      };
    } catch (error) {
      this.#options.log.debug({ err: error }, "the cluster did not say how far the groups are");
      await this.#disconnect();
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => this.start(), this.#options.everyMs ?? 5_000);
    this.#timer.unref();
  }

  async #connect() {
    const { wire } = this.#options;
    const admin = await connectAdmin({ ...wire, clientId: `${wire.clientId}-lag` });
    try {
      const inspector = await ClusterInspector.connect({ ...wire, clientId: `${wire.clientId}-groups` });
      return { admin, inspector };
    } catch (error) {
      await admin.close();
      throw error;
    }
  }

  async #disconnect(): Promise<void> {
    const asked = this.#asked;
    this.#asked = undefined;
    await Promise.allSettled([asked?.admin.close(), asked?.inspector.close()]);
  }
}

const lagsOf = async (admin: ClusterAdmin): Promise<ClusterState["lags"]> => {
  const lags = new Map<string, GroupLag[]>();
  for (const edge of pipelineEdges.filter(endsAtGroup))
    lags.set(`${edge.to} ${edge.topic}`, await admin.lag(edge.to, edge.topic));
  return lags;
};

const replicasOf = async (inspector: ClusterInspector): Promise<ClusterState["replicas"]> => {
  const groups = await inspector.describeGroups([...replicaServices]);
  return new Map(
    groups.map(({ groupId, state, members }) => [
      groupId,
      members
        .map(({ instanceId, clientId, assignment }) => ({
          instance: instanceId ?? clientId,
          partitions: [...new Set(Object.values(assignment).flat())].toSorted((a, b) => a - b),
          ready: state === "Stable",
        }))
        .toSorted((a, b) => (a.instance < b.instance ? -1 : 1)),
    ]),
  );
};

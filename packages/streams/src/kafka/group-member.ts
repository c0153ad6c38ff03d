// A member of a consumer group (the classic protocol), static when it has an instance id (KIP-345).
//
//   G1. Heartbeats come from a timer, never from the handler: a slow handler does not cost the membership.
//   G2. The state only gets worse between joins: held → rebalancing → lost; a join makes it held again.
//   G3. When no heartbeat was answered for the session time-out, the membership counts as lost though no broker
//       said so: another owner may exist.
//   G4. A membership continues the last one only when its generation is the next after the last one that was *synced*:
//       a generation joined but not synced may have given this member's partitions to somebody who has used them.
//   G5. A member whose instance id is taken from it ends: somebody lives under it. One exception, once: within a session
//       time-out of its first join it joins again. The late JoinGroup of a process that died under that id, read by the
//       broker after its successor's, looks the same; and of two that live, the one that was there longer ends at once.

import type { CancelTimer } from "../clock.ts";
import { BrokerRefusedError, StreamsConfigError, StreamsError } from "../errors.ts";
import { type AssignableMember, assignPartitions, assignStandbys } from "./assignment.ts";
import { Coordinator } from "./coordinator.ts";
import { groupProtocol, groupRequests } from "./kafkajs-internals.ts";
import { readClaims, readStandbys, writeClaims, writeStandbys } from "./member-claims.ts";
import type { GroupFence, GroupMembership, Membership, MembershipState } from "./ports.ts";
import { errorCodes } from "./protocol/errors.ts";
import type { ClientLog, Wire } from "./wire.ts";

/** How a member takes part. */
export interface GroupMemberOptions {
  readonly groupId: string;
  /** Static member name: a restart under it within the session time-out costs no rebalance. `null` for none. */
  readonly groupInstanceId: string | null;
  /** Input topics; all must have the same number of partitions. */
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  /** How long the group waits for members to finish what they hold and join again. */
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /**
   * Whether an orderly stop tells the group. Default true: the others take over at once, at the price of a rebalance now and
   * one more when the member comes back. False: a static member stays on the list, its partitions wait for its restart or
   * for the session time-out, and the others go on undisturbed.
   */
  readonly leavesOnStop?: boolean;
  /** How many members beside its owner keep a warm copy of a partition's state. Default 0. */
  readonly standbyReplicas?: number;
  /** Called when the state has changed, so that a worker that waits for records looks at it. */
  readonly onChange?: () => void;
  readonly log?: ClientLog;
}

interface JoinAnswer {
  readonly generationId: number;
  readonly memberId: string;
  readonly leaderId: string;
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
}

const protocolName = "riffle-sticky";
const lostCodes: readonly number[] = [errorCodes.UNKNOWN_MEMBER_ID, errorCodes.ILLEGAL_GENERATION];

/** A member of a group. */
export class GroupMember implements GroupMembership {
  readonly #wire: Wire;
  readonly #options: GroupMemberOptions;
  readonly #coordinator: Coordinator;
  readonly #codec = groupProtocol();
  #memberId = "";
  #generationId = -1;
  #synced = { memberId: "", generationId: -1 };
  #state: MembershipState = "lost";
  #stopTimer: CancelTimer | undefined;
  #answeredAt = 0;
  #firstJoinAtMs: number | undefined;
  #hasTakenBack = false;

  constructor(wire: Wire, options: GroupMemberOptions) {
    this.#wire = wire;
    this.#options = options;
    this.#coordinator = new Coordinator(wire, "group", options.groupId);
  }

  get state(): MembershipState {
    return this.#state;
  }

  async join(owned: readonly number[], standby: readonly number[] = []): Promise<Membership> {
    this.#stopHeartbeats();
    if (this.#state === "replaced") throw this.#replaced(undefined);
    this.#firstJoinAtMs ??= this.#wire.clock.now();
    for (;;) {
      try {
        const joined = await this.#joinGroup(writeClaims({ owned, standby }));
        const given = await this.#syncGroup(joined);
        const continuous =
          joined.memberId === this.#synced.memberId && joined.generationId <= this.#synced.generationId + 1;
        this.#synced = { memberId: joined.memberId, generationId: joined.generationId };
        this.#state = "held";
        this.#startHeartbeats();
        return { fence: this.#fence(), ...given, continuous };
      } catch (error) {
        this.#rejoinable(error);
      }
    }
  }

  async leave(): Promise<void> {
    this.#stopHeartbeats();
    if (this.#memberId === "" || this.#state === "replaced") return;
    const { groupId, groupInstanceId, leavesOnStop = true } = this.#options;
    if (!leavesOnStop && groupInstanceId !== null) return this.#forget();
    const request = groupRequests.leave({ groupId, memberId: this.#memberId, groupInstanceId });
    await this.#coordinator
      .call(1_000, "throw", (nodeId) => this.#wire.sendKafkajs(nodeId, request))
      .catch((error: Error) =>
        this.#options.log?.("leaving the group failed; it will notice by the session time-out", {
          error: error.message,
        }),
      );
    this.#forget();
  }

  #forget(): void {
    this.#memberId = "";
    this.#state = "lost";
  }

  #fence(): GroupFence {
    const { groupId, groupInstanceId } = this.#options;
    return { groupId, groupInstanceId, generationId: this.#generationId, memberId: this.#memberId };
  }

  async #joinGroup(userData: Buffer): Promise<JoinAnswer> {
    const { groupId, groupInstanceId, topics, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const metadata = this.#codec.MemberMetadata.encode({
      version: 0,
      topics,
      userData,
    });
    const answer = (await this.#coordinator.call(rebalanceTimeoutMs, "repeat", (nodeId) =>
      this.#wire.sendKafkajs(
        nodeId,
        groupRequests.join({
          groupId,
          groupInstanceId,
          sessionTimeout: sessionTimeoutMs,
          rebalanceTimeout: rebalanceTimeoutMs,
          memberId: this.#memberId,
          protocolType: "consumer",
          groupProtocols: [{ name: protocolName, metadata }],
        }),
      ),
    )) as JoinAnswer;
    this.#memberId = answer.memberId;
    this.#generationId = answer.generationId;
    return answer;
  }

  async #syncGroup(joined: JoinAnswer): Promise<Pick<Membership, "partitions" | "standby">> {
    const { groupId, groupInstanceId, rebalanceTimeoutMs } = this.#options;
    const leads = joined.leaderId === joined.memberId;
    const groupAssignment = leads ? this.#assign(joined) : [];
    const answer = (await this.#coordinator.call(rebalanceTimeoutMs, "throw", (nodeId) =>
      this.#wire.sendKafkajs(
        nodeId,
        groupRequests.sync({
          groupId,
          groupInstanceId,
          generationId: this.#generationId,
          memberId: this.#memberId,
          groupAssignment,
        }),
      ),
    )) as { readonly memberAssignment: Buffer };
    const decoded = this.#codec.MemberAssignment.decode(answer.memberAssignment);
    return {
      partitions: decoded?.assignment[this.#options.topics[0] ?? ""]?.toSorted((a, b) => a - b) ?? [],
      standby: readStandbys(decoded?.userData),
    };
  }

  #assign({ members }: JoinAnswer): { memberId: string; memberAssignment: Buffer }[] {
    const { topics, standbyReplicas = 0 } = this.#options;
    const counts = topics.map((topic) => this.#wire.partitionCount(topic));
    if (new Set(counts).size > 1) {
      throw new StreamsConfigError([
        `The input topics ${topics.join(", ")} have ${counts.join(", ")} partitions; tasks need the same number in each.`,
      ]);
    }
    const assignable = members.map(({ memberId, memberMetadata }): AssignableMember => {
      const { userData } = this.#codec.MemberMetadata.decode(memberMetadata);
      return { memberId, ...readClaims(userData) };
    });
    const shares = assignPartitions(assignable, counts[0] ?? 0);
    const standbys = assignStandbys(assignable, shares, counts[0] ?? 0, standbyReplicas);
    return [...shares].map(([memberId, partitions]) => ({
      memberId,
      memberAssignment: this.#codec.MemberAssignment.encode({
        version: 0,
        assignment: Object.fromEntries(topics.map((topic) => [topic, partitions])),
        userData: writeStandbys(standbys.get(memberId) ?? []),
      }),
    }));
  }

  /** Returns when joining again may succeed. @throws what it cannot mend */
  #rejoinable(error: unknown): void {
    if (!(error instanceof BrokerRefusedError)) throw error;
    if (error.errorCode === errorCodes.MEMBER_ID_REQUIRED) {
      this.#memberId = memberIdOf(error);
    } else if (lostCodes.includes(error.errorCode)) {
      this.#memberId = "";
    } else if (error.errorCode === errorCodes.FENCED_INSTANCE_ID) {
      if (!this.#takesBack()) throw this.#replaced(error);
      this.#memberId = "";
    } else if (error.errorCode !== errorCodes.REBALANCE_IN_PROGRESS) {
      throw error;
    }
  }

  /** G5. @returns whether it may join once more under an instance id that was taken from it */
  #takesBack(): boolean {
    const { clock } = this.#wire;
    const { groupId, groupInstanceId, sessionTimeoutMs, log } = this.#options;
    const sinceMs = clock.now() - (this.#firstJoinAtMs ?? Number.NEGATIVE_INFINITY);
    if (this.#hasTakenBack || sinceMs > sessionTimeoutMs) return false;
    this.#hasTakenBack = true;
    log?.("the instance id was taken right after joining; joining once more", { groupId, groupInstanceId });
    return true;
  }

  #replaced(cause: unknown): StreamsError {
    this.#state = "replaced";
    return new StreamsError(
      "STREAMS_INSTANCE_REPLACED",
      `Another process has joined the group ${this.#options.groupId} as ${this.#options.groupInstanceId}. Give each process an instance id of its own.`,
      { cause },
    );
  }

  #startHeartbeats(): void {
    const { clock } = this.#wire;
    this.#answeredAt = clock.now();
    this.#stopTimer = clock.every(this.#options.heartbeatIntervalMs, () => void this.#heartbeat());
  }

  #stopHeartbeats(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  async #heartbeat(): Promise<void> {
    const { groupId, groupInstanceId, sessionTimeoutMs } = this.#options;
    const generation = this.#generationId;
    const request = groupRequests.heartbeat({
      groupId,
      groupInstanceId,
      groupGenerationId: generation,
      memberId: this.#memberId,
    });
    try {
      await this.#coordinator.call(sessionTimeoutMs, "throw", (nodeId) =>
        this.#wire.sendKafkajs(nodeId, request),
      );
      this.#answeredAt = this.#wire.clock.now();
    } catch (error) {
      if (generation === this.#generationId && this.#stopTimer !== undefined) this.#heartbeatFailed(error);
    }
  }

  #heartbeatFailed(error: unknown): void {
    const code = error instanceof BrokerRefusedError ? error.errorCode : undefined;
    if (code === errorCodes.REBALANCE_IN_PROGRESS) this.#worsen("rebalancing");
    else if (code === errorCodes.FENCED_INSTANCE_ID) this.#taken();
    else if (code !== undefined && lostCodes.includes(code)) this.#worsen("lost");
    else if (this.#wire.clock.now() - this.#answeredAt > this.#options.sessionTimeoutMs) this.#worsen("lost");
  }

  #taken(): void {
    const takesBack = this.#takesBack();
    if (takesBack) this.#memberId = "";
    this.#worsen(takesBack ? "lost" : "replaced");
  }

  #worsen(state: MembershipState): void {
    if (this.#state === state) return;
    this.#options.log?.("group membership changed", {
      from: this.#state,
      to: state,
      generation: this.#generationId,
    });
    this.#state = state;
    if (state !== "rebalancing") this.#stopHeartbeats();
    this.#options.onChange?.();
  }
}

/** The id that the coordinator gave with MEMBER_ID_REQUIRED; kafkajs puts it on its error. */
const memberIdOf = (error: BrokerRefusedError): string => {
  const { cause } = error;
  return cause instanceof Error && "memberId" in cause && typeof cause.memberId === "string"
    ? cause.memberId
    : "";
};

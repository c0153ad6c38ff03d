// A consumer group of the classic protocol: who is in it, which generation it is, who has what.
//
//   G1. A generation begins when every member has joined, or the time for it is over; then the leader shares out.
//   G2. A static member (KIP-345) that joins under its instance id replaces its former self, which is fenced; in a
//       stable group that costs no rebalance.
//   G3. A commit is refused unless its member and its generation are the present ones.
//   G4. What a new coordinator knows is what was written down: the last stable generation. Joins and syncs under way
//       are forgotten, and sessions begin anew.
//
// After org.apache.kafka.coordinator.group.classic.ClassicGroup and GroupMetadataManager of Kafka 4.

import type { CancelTimer, Clock } from "../clock.ts";
import { errorCodes } from "../kafka/protocol/errors.ts";
import type { GroupFence } from "../kafka/protocol/txn-offset-commit.ts";
import {
  type GroupDescription,
  type JoinAnswer,
  type JoinRequest,
  type MemberName,
  refusedJoin,
  refusedSync,
  type SyncAnswer,
} from "./group-messages.ts";

interface Member extends JoinRequest {
  assignment: Buffer;
  answerJoin: ((answer: JoinAnswer) => void) | undefined;
  answerSync: ((answer: SyncAnswer) => void) | undefined;
  endSession: CancelTimer | undefined;
}

type State = "empty" | "preparing" | "completing" | "stable";

const stateNames: Readonly<Record<State, string>> = {
  empty: "Empty",
  preparing: "PreparingRebalance",
  completing: "CompletingRebalance",
  stable: "Stable",
};

interface Written {
  readonly generation: number;
  readonly leaderId: string;
  readonly members: readonly Member[];
}

const noBytes = Buffer.alloc(0);

/** One group. */
export class ConsumerGroup {
  readonly #clock: Clock;
  readonly #name: string;
  #members = new Map<string, Member>();
  /** Ids given to dynamic members that are yet to join with them. */
  readonly #expected = new Set<string>();
  #state: State = "empty";
  #generation = 0;
  #leaderId = "";
  #ids = 0;
  #written: Written = { generation: 0, leaderId: "", members: [] };
  #deadline: CancelTimer | undefined;

  constructor(name: string, clock: Clock) {
    this.#name = name;
    this.#clock = clock;
  }

  get generation(): number {
    return this.#generation;
  }

  get stable(): boolean {
    return this.#state === "stable";
  }

  get memberIds(): string[] {
    return [...this.#members.keys()];
  }

  describe(): GroupDescription {
    const members = [...this.#members.values()];
    const isStable = this.#state === "stable";
    return {
      state: stateNames[this.#state],
      protocol: isStable ? (members[0]?.protocol ?? "") : "",
      members: members.map((member) => (isStable ? member : { ...member, assignment: noBytes })),
    };
  }

  join(request: JoinRequest, reply: (answer: JoinAnswer) => void): void {
    const { memberId, instanceId } = request;
    if (memberId === "" && instanceId === null) {
      const given = this.#newId("member");
      this.#expected.add(given);
      reply(refusedJoin(errorCodes.MEMBER_ID_REQUIRED, given));
      return;
    }
    const former = instanceId === null ? undefined : this.#ofInstance(instanceId);
    if (memberId === "") {
      if (former !== undefined) {
        this.#replace(former, request, reply);
        return;
      }
      this.#enter({ ...request, memberId: this.#newId(instanceId ?? "") }, reply);
      return;
    }
    const fault = this.#unknown(request);
    if (fault !== errorCodes.NONE && !this.#expected.delete(memberId)) {
      reply(refusedJoin(fault, memberId));
      return;
    }
    const member = this.#members.get(memberId);
    if (member === undefined) {
      this.#enter(request, reply);
      return;
    }
    this.#joinAgain(member, request, reply);
  }

  sync(
    { memberId, instanceId }: MemberName,
    generation: number,
    assignments: ReadonlyMap<string, Buffer>,
    reply: (answer: SyncAnswer) => void,
  ): void {
    const fault = this.#unknown({ memberId, instanceId }) || this.#otherGeneration(generation);
    const member = this.#members.get(memberId);
    if (fault !== errorCodes.NONE || member === undefined) {
      reply(refusedSync(fault));
      return;
    }
    if (this.#state === "preparing") {
      reply(refusedSync(errorCodes.REBALANCE_IN_PROGRESS));
      return;
    }
    this.#heard(member);
    if (this.#state === "stable") {
      reply({ errorCode: 0, assignment: member.assignment });
      return;
    }
    member.answerSync = reply;
    if (memberId !== this.#leaderId) return;
    for (const each of this.#members.values()) each.assignment = assignments.get(each.memberId) ?? noBytes;
    this.#state = "stable";
    this.#deadline?.();
    this.#write();
    for (const each of this.#members.values()) {
      each.answerSync?.({ errorCode: 0, assignment: each.assignment });
      each.answerSync = undefined;
      this.#heard(each);
    }
  }

  heartbeat(name: MemberName, generation: number): number {
    const fault = this.#unknown(name) || this.#otherGeneration(generation);
    const member = this.#members.get(name.memberId);
    if (fault !== errorCodes.NONE || member === undefined) return fault;
    this.#heard(member);
    return this.#state === "preparing" ? errorCodes.REBALANCE_IN_PROGRESS : errorCodes.NONE;
  }

  leave(name: MemberName): number {
    const fault = this.#unknown(name);
    const member = this.#members.get(name.memberId);
    if (fault !== errorCodes.NONE || member === undefined) return fault;
    this.#remove(member);
    return errorCodes.NONE;
  }

  /** Whether a commit under the fence is refused (G3). A negative generation without a member is not fenced at all. */
  fenceFault({ generationId, memberId, groupInstanceId }: Omit<GroupFence, "groupId">): number {
    if (generationId < 0 && memberId === "" && groupInstanceId === null) return errorCodes.NONE;
    return this.#unknown({ memberId, instanceId: groupInstanceId }) || this.#otherGeneration(generationId);
  }

  /** Another coordinator takes over, or the same one starts again (G4). */
  reload(): void {
    this.#deadline?.();
    for (const member of this.#members.values()) member.endSession?.();
    const { generation, leaderId, members } = this.#written;
    this.#generation = generation;
    this.#leaderId = leaderId;
    this.#state = members.length === 0 ? "empty" : "stable";
    this.#expected.clear();
    this.#members = new Map(
      members.map((member) => [
        member.memberId,
        { ...member, answerJoin: undefined, answerSync: undefined, endSession: undefined },
      ]),
    );
    for (const member of this.#members.values()) this.#heard(member);
  }

  #newId(prefix: string): string {
    this.#ids++;
    return `${prefix}-${this.#name}-${this.#ids}`;
  }

  #ofInstance(instanceId: string): Member | undefined {
    return [...this.#members.values()].find((member) => member.instanceId === instanceId);
  }

  #unknown({ memberId, instanceId }: MemberName): number {
    if (instanceId !== null) {
      const known = this.#ofInstance(instanceId);
      if (known === undefined) return errorCodes.UNKNOWN_MEMBER_ID;
      return known.memberId === memberId ? errorCodes.NONE : errorCodes.FENCED_INSTANCE_ID;
    }
    return this.#members.has(memberId) ? errorCodes.NONE : errorCodes.UNKNOWN_MEMBER_ID;
  }

  #otherGeneration(generation: number): number {
    return generation === this.#generation ? errorCodes.NONE : errorCodes.ILLEGAL_GENERATION;
  }

  /** A member nobody knew. */
  #enter(request: JoinRequest, reply: (answer: JoinAnswer) => void): void {
    const member: Member = {
      ...request,
      assignment: noBytes,
      answerJoin: reply,
      answerSync: undefined,
      endSession: undefined,
    };
    this.#members.set(member.memberId, member);
    if (this.#leaderId === "") this.#leaderId = member.memberId;
    this.#rebalance();
  }

  /** A static member's successor (G2). */
  #replace(former: Member, request: JoinRequest, reply: (answer: JoinAnswer) => void): void {
    former.endSession?.();
    former.answerJoin?.(refusedJoin(errorCodes.FENCED_INSTANCE_ID, former.memberId));
    former.answerSync?.(refusedSync(errorCodes.FENCED_INSTANCE_ID));
    const formerLeader = this.#leaderId;
    const memberId = this.#newId(request.instanceId ?? "");
    const member: Member = {
      ...request,
      memberId,
      assignment: former.assignment,
      answerJoin: undefined,
      answerSync: undefined,
      endSession: undefined,
    };
    // In its former self's place: a Map keeps the order in which members came.
    this.#members = new Map(
      [...this.#members].map(([id, each]) => (each === former ? [memberId, member] : [id, each])),
    );
    if (formerLeader === former.memberId) this.#leaderId = memberId;
    this.#heard(member);
    if (this.#state === "stable" && former.protocol === request.protocol) {
      this.#write();
      // The old leader's id: the successor is not to share out again.
      reply({ ...this.#joined(member, false), leaderId: formerLeader });
      return;
    }
    member.answerJoin = reply;
    this.#rebalance();
  }

  #joinAgain(member: Member, request: JoinRequest, reply: (answer: JoinAnswer) => void): void {
    const unchanged = member.metadata.equals(request.metadata) && member.protocol === request.protocol;
    Object.assign(member, { ...request, memberId: member.memberId });
    this.#heard(member);
    const leads = member.memberId === this.#leaderId;
    if (this.#state === "stable" && unchanged && !leads) {
      reply(this.#joined(member, false));
      return;
    }
    if (this.#state === "completing" && unchanged) {
      reply(this.#joined(member, leads));
      return;
    }
    member.answerJoin = reply;
    this.#rebalance();
  }

  /** Begins a rebalance, or looks whether the one under way is complete. */
  #rebalance(): void {
    if (this.#state !== "preparing") {
      for (const member of this.#members.values()) {
        member.answerSync?.(refusedSync(errorCodes.REBALANCE_IN_PROGRESS));
        member.answerSync = undefined;
      }
      this.#state = "preparing";
      const longest = Math.max(0, ...[...this.#members.values()].map((each) => each.rebalanceTimeoutMs));
      this.#deadline?.();
      this.#deadline = this.#clock.after(longest, () => this.#begin());
    }
    if ([...this.#members.values()].every(({ answerJoin }) => answerJoin !== undefined)) this.#begin();
  }

  /** Begins the next generation with those who have joined; static members keep their place until their session ends. */
  #begin(): void {
    this.#deadline?.();
    for (const member of [...this.#members.values()]) {
      if (member.answerJoin === undefined && member.instanceId === null) this.#forget(member);
    }
    const joined = [...this.#members.values()].filter(({ answerJoin }) => answerJoin !== undefined);
    const [first] = joined;
    if (this.#members.size > 0 && first === undefined) {
      // Only static members, none of which has joined: their sessions decide.
      this.#deadline = this.#clock.after(1_000, () => this.#begin());
      return;
    }
    this.#generation++;
    if (first === undefined) {
      this.#state = "empty";
      this.#leaderId = "";
      this.#write();
      return;
    }
    if (joined.every(({ memberId }) => memberId !== this.#leaderId)) this.#leaderId = first.memberId;
    this.#state = "completing";
    const longest = Math.max(...joined.map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs));
    this.#deadline = this.#clock.after(longest, () => this.#giveUpWaiting());
    for (const member of joined) {
      member.answerJoin?.(this.#joined(member, member.memberId === this.#leaderId));
      member.answerJoin = undefined;
      this.#heard(member);
    }
  }

  /** The leader did not share out in time: those who never asked for their share are out. */
  #giveUpWaiting(): void {
    for (const member of [...this.#members.values()]) {
      if (member.answerSync === undefined) this.#forget(member);
    }
    this.#rebalance();
  }

  #joined(member: Member, leads: boolean): JoinAnswer {
    return {
      errorCode: errorCodes.NONE,
      generationId: this.#generation,
      protocol: member.protocol,
      leaderId: this.#leaderId,
      memberId: member.memberId,
      members: leads ? [...this.#members.values()] : [],
    };
  }

  /** Starts the member's session again. One that waits for the others does not expire. */
  #heard(member: Member): void {
    member.endSession?.();
    member.endSession = this.#clock.after(member.sessionTimeoutMs, () => {
      if (this.#members.get(member.memberId) !== member) return;
      if (member.answerJoin !== undefined || member.answerSync !== undefined) this.#heard(member);
      else this.#remove(member);
    });
  }

  #remove(member: Member): void {
    this.#forget(member);
    this.#rebalance();
  }

  #forget(member: Member): void {
    member.endSession?.();
    this.#members.delete(member.memberId);
    member.answerJoin?.(refusedJoin(errorCodes.UNKNOWN_MEMBER_ID, member.memberId));
    member.answerSync?.(refusedSync(errorCodes.UNKNOWN_MEMBER_ID));
    if (this.#leaderId === member.memberId) this.#leaderId = this.#members.keys().next().value ?? "";
  }

  #write(): void {
    this.#written = {
      generation: this.#generation,
      leaderId: this.#leaderId,
      members: [...this.#members.values()].map((member) => ({ ...member })),
    };
  }
}

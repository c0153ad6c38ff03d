// What a member and its group's coordinator say to each other, without the bytes.

/** Who asks to join. */
export interface JoinRequest {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocol: string;
  readonly metadata: Buffer;
  readonly clientId: string;
}

/** A group as operators see it; the state is named as Kafka's tools name it. */
export interface GroupDescription {
  readonly state: string;
  readonly protocol: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly clientId: string;
    readonly metadata: Buffer;
    readonly assignment: Buffer;
  }[];
}

/** What a join is answered with; `members` is empty for all but the leader. */
export interface JoinAnswer {
  readonly errorCode: number;
  readonly generationId: number;
  readonly protocol: string;
  readonly leaderId: string;
  readonly memberId: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly metadata: Buffer;
  }[];
}

/** Names a member. */
export interface MemberName {
  readonly memberId: string;
  readonly instanceId: string | null;
}

/** A share, or why there is none. */
export interface SyncAnswer {
  readonly errorCode: number;
  readonly assignment: Buffer;
}

/** A join that is refused. */
export const refusedJoin = (errorCode: number, memberId: string): JoinAnswer => ({
  errorCode,
  generationId: -1,
  protocol: "",
  leaderId: "",
  memberId,
  members: [],
});

/** A sync that is refused. */
export const refusedSync = (errorCode: number): SyncAnswer => ({ errorCode, assignment: Buffer.alloc(0) });

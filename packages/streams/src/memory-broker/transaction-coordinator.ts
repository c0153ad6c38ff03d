// The transaction coordinator: who owns a transactional id, and how each transaction ends.
//
//   K1. A producer id and epoch own a transactional id; initialising it again moves the epoch, so that the former owner
//       is refused everywhere.
//   K2. The decision comes first, then a marker for each participant, one by one. Until the last one is written nothing
//       new is begun under the id.
//   K3. In protocol version 2 (KIP-890) the decision moves the epoch, and markers carry the new one: what is late of this
//       transaction is refused and cannot land in the next. In version 1 the epoch stays (KAFKA-17754).
//   K4. A transaction open for longer than its time-out is aborted, its epoch moved, by a scan.
//
// After org.apache.kafka.coordinator.transaction.TransactionCoordinator of Kafka 4.

import type { Clock } from "../clock.ts";
import { errorCodes } from "../kafka/protocol/errors.ts";
import type { ProducerIdentity } from "../kafka/protocol/init-producer-id.ts";
import type { Marker } from "./stored-batch.ts";

/** Something a transaction has written to: a partition, or a group's offsets. */
export interface Participant {
  readonly name: string;
  end(marker: Marker, producer: ProducerIdentity): void;
}

/** A decision that can no longer change; its markers may still be under way. */
export interface Decision extends ProducerIdentity {
  readonly transactionalId: string;
  readonly marker: Marker;
  readonly participants: readonly Participant[];
  /** The owner asked for it; otherwise the id was initialised again, or the time was over. */
  readonly cause: "owner" | "initialised" | "timed-out";
}

type State = "empty" | "ongoing" | "prepare-commit" | "prepare-abort" | "complete-commit" | "complete-abort";

/** The states by their names in Kafka's protocol. */
const stateNames: Readonly<Record<State, string>> = {
  empty: "Empty",
  ongoing: "Ongoing",
  "prepare-commit": "PrepareCommit",
  "prepare-abort": "PrepareAbort",
  "complete-commit": "CompleteCommit",
  "complete-abort": "CompleteAbort",
};

/** A transaction as operators see it. */
export interface TransactionDescription extends ProducerIdentity {
  readonly transactionalId: string;
  readonly state: string;
  readonly timeoutMs: number;
  /** -1 when none is open. */
  readonly startedAtMs: number;
}

interface Transaction {
  readonly transactionalId: string;
  producerId: bigint;
  epoch: number;
  /** Identity before the last decision, for which a repeated EndTxn is answered. */
  former: ProducerIdentity | undefined;
  state: State;
  timeoutMs: number;
  startedAt: number;
  readonly participants: Map<string, Participant>;
}

/** What the coordinator needs of its surroundings. */
export interface TransactionSurroundings {
  readonly clock: Pick<Clock, "now">;
  /** Runs the writing of one marker, now or later; each marker on its own. */
  readonly deliver: (write: () => void) => void;
  readonly decided: (decision: Decision) => void;
}

/** The answer to EndTxn and InitProducerId. */
export interface IdentityAnswer extends ProducerIdentity {
  readonly errorCode: number;
}

/** After this epoch an id gets a new producer id: epochs are 16 bits. */
const epochMax = 32_766;

/** The transactional ids of a cluster. */
export class TransactionCoordinator {
  readonly #surroundings: TransactionSurroundings;
  readonly #transactions = new Map<string, Transaction>();
  #nextProducerId = 1000n;

  constructor(surroundings: TransactionSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Ids whose transaction is open or whose markers are not all written. */
  get unfinished(): string[] {
    return [...this.#transactions.values()]
      .filter(isUnfinished)
      .map(({ transactionalId }) => transactionalId);
  }

  /** All ids that were ever initialised. */
  get described(): TransactionDescription[] {
    return [...this.#transactions.values()].map((known) => ({
      transactionalId: known.transactionalId,
      producerId: known.producerId,
      producerEpoch: known.epoch,
      state: stateNames[known.state],
      timeoutMs: known.timeoutMs,
      startedAtMs: isUnfinished(known) ? known.startedAt : -1,
    }));
  }

  /** A producer id of its own, for a producer without transactional id. */
  newProducerId(): bigint {
    return this.#nextProducerId++;
  }

  initialise(transactionalId: string, timeoutMs: number): IdentityAnswer {
    const known = this.#transactions.get(transactionalId);
    if (known === undefined) return this.#create(transactionalId, timeoutMs);
    // Even where the abort is over at once, the caller is asked to come again.
    const wasUnfinished = isUnfinished(known);
    if (known.state === "ongoing") this.#abort(known, "initialised");
    if (wasUnfinished) return refused(errorCodes.CONCURRENT_TRANSACTIONS);
    known.timeoutMs = timeoutMs;
    known.former = undefined;
    known.state = "empty";
    this.#moveEpoch(known);
    return answer(known);
  }

  /** Adds participants to the owner's transaction, which begins with the first one. */
  add(transactionalId: string, owner: ProducerIdentity, participants: readonly Participant[]): number {
    const known = this.#transactions.get(transactionalId);
    if (known === undefined || known.producerId !== owner.producerId)
      return errorCodes.INVALID_PRODUCER_ID_MAPPING;
    if (known.epoch !== owner.producerEpoch) return errorCodes.PRODUCER_FENCED;
    if (known.state === "prepare-commit" || known.state === "prepare-abort")
      return errorCodes.CONCURRENT_TRANSACTIONS;
    if (known.state !== "ongoing") {
      known.state = "ongoing";
      known.startedAt = this.#surroundings.clock.now();
    }
    for (const participant of participants) known.participants.set(participant.name, participant);
    return errorCodes.NONE;
  }

  /** Whether the participant is in the owner's open transaction: what a broker asks for a producer of version 1. */
  verify(transactionalId: string, owner: ProducerIdentity, participant: string): number {
    const known = this.#transactions.get(transactionalId);
    if (known === undefined || known.producerId !== owner.producerId)
      return errorCodes.INVALID_PRODUCER_ID_MAPPING;
    if (known.epoch !== owner.producerEpoch) return errorCodes.PRODUCER_FENCED;
    const isIn = known.state === "ongoing" && known.participants.has(participant);
    return isIn ? errorCodes.NONE : errorCodes.INVALID_TXN_STATE;
  }

  /** @param version of the protocol: 2 moves the epoch (K3) */
  end(transactionalId: string, owner: ProducerIdentity, marker: Marker, version: 1 | 2): IdentityAnswer {
    const known = this.#transactions.get(transactionalId);
    if (known === undefined) return refused(errorCodes.INVALID_PRODUCER_ID_MAPPING);
    const isOwner = known.producerId === owner.producerId && known.epoch === owner.producerEpoch;
    const isFormer =
      known.former?.producerId === owner.producerId && known.former.producerEpoch === owner.producerEpoch;
    if (known.state === "ongoing") {
      if (!isOwner) return refused(errorCodes.PRODUCER_FENCED);
      return this.#decide(known, marker, "owner", version);
    }
    if (known.state === "empty") {
      if (!isOwner) return refused(errorCodes.PRODUCER_FENCED);
      return refused(errorCodes.INVALID_TXN_STATE);
    }
    const isRepeat = version === 2 ? isFormer : isOwner;
    if (!isRepeat)
      return refused(isOwner || isFormer ? errorCodes.INVALID_TXN_STATE : errorCodes.PRODUCER_FENCED);
    if (!known.state.endsWith(marker)) return refused(errorCodes.INVALID_TXN_STATE);
    return isUnfinished(known) ? refused(errorCodes.CONCURRENT_TRANSACTIONS) : answer(known);
  }

  /** Aborts what has been open for too long (K4); brokers look every ten seconds. */
  scan(): void {
    const now = this.#surroundings.clock.now();
    for (const known of this.#transactions.values()) {
      if (known.state === "ongoing" && now - known.startedAt > known.timeoutMs)
        this.#abort(known, "timed-out");
    }
  }

  #create(transactionalId: string, timeoutMs: number): IdentityAnswer {
    const created: Transaction = {
      transactionalId,
      producerId: this.newProducerId(),
      epoch: 0,
      former: undefined,
      state: "empty",
      timeoutMs,
      startedAt: 0,
      participants: new Map(),
    };
    this.#transactions.set(transactionalId, created);
    return answer(created);
  }

  #abort(known: Transaction, cause: Decision["cause"]): void {
    this.#decide(known, "abort", cause, 2);
  }

  #decide(known: Transaction, marker: Marker, cause: Decision["cause"], version: 1 | 2): IdentityAnswer {
    const before = { producerId: known.producerId, producerEpoch: known.epoch };
    const participants = [...known.participants.values()];
    const { transactionalId } = known;
    this.#surroundings.decided({ ...before, transactionalId, marker, participants, cause });
    known.state = `prepare-${marker}`;
    known.former = before;
    // Markers fence by the epoch after the old one, even where the next transaction gets a new producer id.
    const fence = { ...before, producerEpoch: before.producerEpoch + (version === 2 ? 1 : 0) };
    if (version === 2) this.#moveEpoch(known);
    if (participants.length === 0) known.state = `complete-${marker}`;
    const given = answer(known);
    for (const participant of participants) {
      this.#surroundings.deliver(() => {
        participant.end(marker, fence);
        known.participants.delete(participant.name);
        if (known.participants.size === 0) known.state = `complete-${marker}`;
      });
    }
    return given;
  }

  #moveEpoch(known: Transaction): void {
    if (known.epoch < epochMax) {
      known.epoch++;
      return;
    }
    known.producerId = this.newProducerId();
    known.epoch = 0;
  }
}

const isUnfinished = ({ state }: Transaction): boolean => state === "ongoing" || state.startsWith("prepare");

const answer = ({ producerId, epoch }: Transaction): IdentityAnswer => ({
  errorCode: errorCodes.NONE,
  producerId,
  producerEpoch: epoch,
});

const refused = (errorCode: number): IdentityAnswer => ({ errorCode, producerId: -1n, producerEpoch: -1 });

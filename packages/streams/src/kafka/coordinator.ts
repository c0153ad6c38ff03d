// A coordinator: the broker that keeps a group or a transactional id, cached until it proves stale.

import { BrokerRefusedError, OutcomeUnknownError } from "../errors.ts";
import { errorCodes, errorName } from "./protocol/errors.ts";
import { type CoordinatorKind, findCoordinator } from "./protocol/find-coordinator.ts";
import type { Wire } from "./wire.ts";

/** The coordinator moved or is not there yet: look it up again. The request had no effect. */
const stale: readonly number[] = [errorCodes.COORDINATOR_NOT_AVAILABLE, errorCodes.NOT_COORDINATOR];
/** The coordinator is busy with what came before: ask again. The request had no effect. */
const busy: readonly number[] = [errorCodes.COORDINATOR_LOAD_IN_PROGRESS, errorCodes.CONCURRENT_TRANSACTIONS];

/** Writing the markers of a transaction takes a few milliseconds: start low, or back-to-back transactions stall. */
const backoffMsMin = 2;
const backoffMsMax = 100;

/** How a call treats an answer that never came. */
export type LostAnswer =
  /** Repeating has the same effect as once: ask again. */
  | "repeat"
  /** The caller must decide: throw. */
  | "throw";

/** Calls to the coordinator of one key. */
export class Coordinator {
  readonly #wire: Wire;
  readonly #kind: CoordinatorKind;
  readonly #key: string;
  #nodeId: number | undefined;

  constructor(wire: Wire, kind: CoordinatorKind, key: string) {
    this.#wire = wire;
    this.#kind = kind;
    this.#key = key;
  }

  /**
   * Calls the coordinator, again while it has moved or is busy, until `deadlineMs` from now.
   *
   * @param call sends to the node; throws BrokerRefusedError with the answer's error code
   */
  async call<R>(
    deadlineMs: number,
    lostAnswer: LostAnswer,
    call: (nodeId: number) => Promise<R>,
  ): Promise<R> {
    const { clock } = this.#wire;
    const deadline = clock.now() + deadlineMs;
    for (let backoffMs = backoffMsMin; ; backoffMs = Math.min(backoffMs * 2, backoffMsMax)) {
      try {
        this.#nodeId ??= await this.#find();
        return await call(this.#nodeId);
      } catch (error) {
        if (!this.#mayRepeat(error, lostAnswer) || clock.now() >= deadline) throw error;
        await clock.delay(backoffMs);
      }
    }
  }

  #mayRepeat(error: unknown, lostAnswer: LostAnswer): boolean {
    if (error instanceof BrokerRefusedError) {
      if (stale.includes(error.errorCode)) this.#nodeId = undefined;
      return stale.includes(error.errorCode) || busy.includes(error.errorCode);
    }
    if (!(error instanceof OutcomeUnknownError)) return false;
    const wasAsked = this.#nodeId !== undefined;
    this.#nodeId = undefined;
    return !wasAsked || lostAnswer === "repeat";
  }

  async #find(): Promise<number> {
    const answer = await this.#wire.send(await this.#wire.anyNode(), findCoordinator(this.#kind, this.#key));
    failIfRefused(`FindCoordinator of ${this.#kind} ${this.#key}`, answer.errorCode);
    return answer.nodeId;
  }
}

/** @throws BrokerRefusedError unless the code is 0 */
export const failIfRefused = (api: string, errorCode: number, detail?: string | null): void => {
  if (errorCode !== errorCodes.NONE)
    throw new BrokerRefusedError(api, errorCode, errorName(errorCode), detail ?? undefined);
};

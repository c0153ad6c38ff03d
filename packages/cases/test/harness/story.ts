// Stories: what people and alerts do to one case, as steps that fast-check can draw and shrink.

import {
  alertSeverities,
  type CaseEvent,
  type CaseSnapshot,
  caseDispositions,
  caseEventInVersionOne,
  caseEventVersionOneCodec,
  topics,
} from "@riffle/contracts";
import fc, { type Arbitrary } from "fast-check";
import { hashOf } from "../../src/chain.ts";
import type { PersonChange } from "../../src/command.ts";
import { type Decision, decide, decideOnAlert } from "../../src/decide.ts";
import { evolve } from "../../src/evolve.ts";

export const accountId = "acct-1";
export const startMs = Date.UTC(2026, 2, 1, 12);

export const alertIdOf = (n: number): string => `al_${n.toString(16).padStart(32, "0")}`;
export const otherCaseId = (n: number): string => `cs_${n.toString(16).padStart(32, "0")}`;

/** One thing that happens. */
export type Step =
  | {
      readonly kind: "alert";
      readonly alert: number;
      readonly status: "raised" | "withdrawn";
      readonly severity: (typeof alertSeverities)[number];
      readonly laterMs: number;
    }
  | {
      readonly kind: "person";
      readonly by: string;
      readonly change: PersonChange;
      /** How many versions ago the person looked; 0 is now. */
      readonly staleBy: number;
      /** Sends the command of that many steps ago once more instead. */
      readonly again: boolean;
      readonly laterMs: number;
    };

const change: Arbitrary<PersonChange> = fc.oneof(
  fc.record({ command: fc.constant("assign" as const), assignee: fc.constantFrom("ann", "bob", null) }),
  fc.record({
    command: fc.constant("comment" as const),
    text: fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...'aé\n"\\') }),
  }),
  fc.record({ command: fc.constant("link" as const), caseId: fc.nat({ max: 4 }).map(otherCaseId) }),
  fc.record({
    command: fc.constant("set-disposition" as const),
    disposition: fc.constantFrom(...caseDispositions),
  }),
  fc.record({ command: fc.constantFrom("close" as const, "reopen" as const) }),
);

const laterMs = fc.integer({ min: -5_000, max: 60_000 });

export const step: Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("alert" as const),
    alert: fc.nat({ max: 3 }),
    status: fc.constantFrom("raised" as const, "withdrawn" as const),
    severity: fc.constantFrom(...alertSeverities),
    laterMs,
  }),
  fc.record({
    kind: fc.constant("person" as const),
    by: fc.constantFrom("ann", "bob"),
    change,
    staleBy: fc.constantFrom(0, 0, 0, 0, 1),
    again: fc.constantFrom(false, false, false, true),
    laterMs,
  }),
);

export const story: Arbitrary<readonly Step[]> = fc.array(step, { maxLength: 60 });

/** A case as it is told, step by step. */
export class ToldCase {
  readonly events: CaseEvent[] = [];
  readonly decisions: Decision[] = [];
  state: CaseSnapshot;
  #nowMs = startMs;
  #commands = 0;
  #last: { readonly by: string; readonly change: PersonChange; readonly expectedVersion: number } | undefined;

  constructor(previousCaseId?: string) {
    const opened = decideOnAlert(undefined, {
      accountId,
      alertId: alertIdOf(0),
      status: "raised",
      rule: "card-testing",
      severity: "medium",
      atMs: startMs,
      previousCaseId,
    });
    this.events.push(...opened);
    this.state = evolve(undefined, this.events[0] as CaseEvent);
  }

  tell(steps: readonly Step[]): this {
    for (const one of steps) this.take(one);
    return this;
  }

  take(one: Step): void {
    this.#nowMs += one.laterMs;
    if (one.kind === "alert") {
      // An alert that is raised while its case is closed opens another case, which is not this story.
      if (one.status === "raised" && this.state.status === "closed") return;
      const { alert, ...rest } = one;
      this.#keep(
        decideOnAlert(this.state, {
          ...rest,
          accountId,
          alertId: alertIdOf(alert),
          rule: "geo-jump",
          atMs: this.#nowMs,
        }),
      );
      return;
    }
    this.person(one.by, one.change, one.staleBy, one.again);
  }

  /** Gives a command. @returns what came of it */
  person(by: string, what: PersonChange, staleBy = 0, again = false): Decision {
    const fresh = { by, change: what, expectedVersion: this.state.version - staleBy };
    const sent = again ? (this.#last ?? fresh) : fresh;
    if (!again || this.#last === undefined) this.#commands++;
    this.#last = sent;
    const decision = decide(this.state, { ...sent, commandId: `c-${this.#commands}`, atMs: this.#nowMs });
    this.decisions.push(decision);
    if (decision.kind === "events") this.#keep(decision.events);
    return decision;
  }

  #keep(events: readonly CaseEvent[]): void {
    for (const event of events) {
      this.events.push(event);
      this.state = evolve(this.state, event);
    }
  }
}

/** The same events as version 1 would have written them, chained anew, and as today's codec reads them. */
export function asOnceWritten(events: readonly CaseEvent[]): CaseEvent[] {
  let previousHash = "0".repeat(64);
  return events.map((event) => {
    const old = { ...caseEventInVersionOne(event), previousHash };
    const draft = readOld(old);
    previousHash = hashOf(draft);
    return readOld({ ...old, hash: previousHash });
  });
}

const readOld = (event: ReturnType<typeof caseEventInVersionOne>): CaseEvent =>
  topics.casesEvents.codec.decode(caseEventVersionOneCodec.encode(event), caseEventVersionOneCodec.schema);

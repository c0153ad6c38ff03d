// What an outage of the broker must look like to clients of ingest. A function of what was sent and answered, and of what
// the topic holds; no clock, no network.
//
//   OV1. A 202 is in the topic, whatever became of the broker (P1).
//   OV2. Whoever is not accepted is told so: 503, within 2 s. No answer at all is none of these.
//   OV3. When the broker is back, acceptance recovers by itself within 5 s: the first 202, and the last refusal.
//   OV4. An outage in which nothing was refused, or after which nothing was accepted, shows nothing.

/** One request. */
export interface Answer {
  readonly id: string;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  /** 0: the connection ended without one. */
  readonly status: number;
}

/** When the broker went and came, on the clock of the answers. */
export interface Outage {
  readonly cutAtMs: number;
  readonly healAtMs: number;
}

/** Figures of an outage. Times in milliseconds. */
export interface OutageFigures {
  readonly byStatus: ReadonlyMap<number, number>;
  /** Ids that were answered 202 and are not recorded. */
  readonly dishonest: readonly string[];
  readonly refused: number;
  readonly slowestRefusalMs: number;
  /** From the end of the outage to the first 202 of a request that was sent after it; infinite when there was none. */
  readonly firstAcceptedAfterMs: number;
  /** From the end of the outage to the last answer that was no 202; 0 when all came before. */
  readonly lastRefusedAfterMs: number;
}

const refusedWithinMs = 2_000;
const recoveredWithinMs = 5_000;

/** @param recorded ids that are in the topic */
export const outageFigures = (
  answers: readonly Answer[],
  recorded: ReadonlySet<string>,
  { healAtMs }: Outage,
): OutageFigures => {
  const refused = answers.filter(({ status }) => status !== 202);
  const after = answers.filter(({ status, sentAtMs }) => status === 202 && sentAtMs >= healAtMs);
  const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
  return {
    byStatus: new Map(
      [...Map.groupBy(answers, ({ status }) => status)].map(([status, of]) => [status, of.length]),
    ),
    dishonest: answers.filter(({ id, status }) => status === 202 && !recorded.has(id)).map(({ id }) => id),
    refused: refused.length,
    slowestRefusalMs: most(refused.map(({ sentAtMs, answeredAtMs }) => answeredAtMs - sentAtMs)),
    firstAcceptedAfterMs: after.reduce(
      (first, { answeredAtMs }) => Math.min(first, answeredAtMs - healAtMs),
      Number.POSITIVE_INFINITY,
    ),
    lastRefusedAfterMs: most(refused.map(({ answeredAtMs }) => answeredAtMs - healAtMs)),
  };
};

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;

/** What is not as it must be, in words. */
export const outageFaults = (figures: OutageFigures): string[] => {
  const { byStatus, dishonest, refused, slowestRefusalMs, firstAcceptedAfterMs, lastRefusedAfterMs } =
    figures;
  const others = [...byStatus].filter(([status]) => status !== 202 && status !== 503);
  const must: readonly (readonly [holds: boolean, otherwise: string])[] = [
    [dishonest.length === 0, `${dishonest.length} answered 202 and not recorded, such as ${dishonest[0]}`],
    [
      others.length === 0,
      `refusals that are no 503: ${others.map(([status, count]) => `${status === 0 ? "no answer" : status}: ${count}`).join(", ")}`,
    ],
    [refused > 0, "nothing was refused: the broker was not away, so this shows nothing"],
    [slowestRefusalMs <= refusedWithinMs, `a refusal took ${seconds(slowestRefusalMs)}, more than 2 s`],
    [
      firstAcceptedAfterMs <= recoveredWithinMs,
      `the first 202 came ${seconds(firstAcceptedAfterMs)} after the broker was back, more than 5 s`,
    ],
    [
      lastRefusedAfterMs <= recoveredWithinMs,
      `the last refusal came ${seconds(lastRefusedAfterMs)} after the broker was back, more than 5 s`,
    ],
  ];
  return must.filter(([holds]) => !holds).map(([, otherwise]) => otherwise);
};

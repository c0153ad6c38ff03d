// What a redrive would do, before it does anything.

import type { DeadLetter } from "./dead-letter.ts";
import type { DeadLetterLog } from "./dead-letter-log.ts";
import { comparePlaces, parsePlace, placeText } from "./place.ts";
import type { RedrivableLetter } from "./redriven-record.ts";
import { accountIn, type Criteria, fits, inOriginalOrder } from "./selection.ts";

/** A redrive, planned. */
export interface RedrivePlan {
  /** What is to be sent, in the order of sending. */
  readonly letters: readonly RedrivableLetter[];
  /** How many are meant and were sent before. */
  readonly sentBefore: number;
  /** How many are meant and wait for another run, because there are more than `limit`. */
  readonly beyondLimit: number;
  readonly notRedrivable: readonly { readonly letter: DeadLetter; readonly why: string }[];
  /** Places of dead letters that are not sent though a later record of the same account is. */
  readonly overtaken: readonly string[];
}

/** What to plan. */
export interface RedriveRequest {
  /** Topics to look through. */
  readonly topics: readonly string[];
  readonly criteria: Criteria;
  /** Most dead letters in one run: they are in memory. */
  readonly limit: number;
}

/** Looks through the dead letters; writes nothing. */
export const planRedrive = async (
  log: DeadLetterLog,
  { topics, criteria, limit }: RedriveRequest,
): Promise<RedrivePlan> => {
  const marks = await log.marksSoFar();
  const chosen: RedrivableLetter[] = [];
  const notRedrivable: { letter: DeadLetter; why: string }[] = [];
  const unsent: DeadLetter[] = [];
  let sentBefore = 0;
  let beyondLimit = 0;
  const visit = (letter: DeadLetter): void => {
    const isMeant = fits(letter, criteria);
    if (marks.sentAtMs(letter) !== undefined) {
      if (isMeant) sentBefore++;
    } else if (!isMeant) {
      unsent.push(withoutValue(letter));
    } else if (!isRedrivable(letter)) {
      notRedrivable.push({ letter, why: "its headers do not say which record it was made of" });
    } else if (chosen.length >= limit) {
      beyondLimit++;
    } else {
      chosen.push(letter);
    }
  };
  for (const topic of topics) await log.each(topic, visit, partitionsMeant(topic, criteria));
  const [housed, homeless] = await withHome(log, chosen);
  const [letters, incomplete] = await whole(log, housed);
  return {
    letters: inOriginalOrder(letters),
    sentBefore,
    beyondLimit,
    notRedrivable: [...notRedrivable, ...homeless, ...incomplete],
    overtaken: overtakenBy(letters, unsent),
  };
};

/** Parts the dead letters into those that are whole, or can be made so again, and the others. */
const whole = async (
  log: DeadLetterLog,
  housed: readonly RedrivableLetter[],
): Promise<[RedrivableLetter[], RedrivePlan["notRedrivable"]]> => {
  const letters: RedrivableLetter[] = [];
  const incomplete: { letter: DeadLetter; why: string }[] = [];
  for (const letter of housed) {
    const found = await log.whole(letter);
    if (typeof found === "string") incomplete.push({ letter, why: found });
    else letters.push({ ...found, original: letter.original });
  }
  return [letters, incomplete];
};

const isRedrivable = (letter: DeadLetter): letter is RedrivableLetter => letter.original !== undefined;

/** Only places and keys of what is not sent are needed. */
const withoutValue = (letter: DeadLetter): DeadLetter => ({
  ...letter,
  record: { ...letter.record, value: null, headers: [] },
});

const partitionsMeant = (topic: string, { places }: Criteria): ReadonlySet<number> | undefined =>
  places === undefined
    ? undefined
    : new Set(
        [...places].map(parsePlace).flatMap((place) => (place.topic === topic ? [place.partition] : [])),
      );

/** Parts the dead letters into those whose topic and partition exist, and the others. */
const withHome = async (
  log: DeadLetterLog,
  chosen: readonly RedrivableLetter[],
): Promise<[RedrivableLetter[], RedrivePlan["notRedrivable"]]> => {
  const partitions = new Map<string, number>();
  for (const topic of new Set(chosen.map(({ original }) => original.topic))) {
    partitions.set(topic, await log.partitionCount(topic));
  }
  const hasHome = ({ original }: RedrivableLetter): boolean =>
    original.partition < (partitions.get(original.topic) ?? 0);
  const homeless = chosen
    .filter((letter) => !hasHome(letter))
    .map((letter) => ({
      letter,
      why: `there is no partition ${letter.original.topic}/${letter.original.partition} any more`,
    }));
  return [chosen.filter(hasHome), homeless];
};

/** Dead letters that stay although a later record of their account and partition goes. */
const overtakenBy = (letters: readonly RedrivableLetter[], unsent: readonly DeadLetter[]): string[] => {
  const last = new Map<string, number>();
  for (const letter of letters) {
    const account = accountIn(letter);
    last.set(account, Math.max(last.get(account) ?? -1, letter.original.offset));
  }
  return unsent
    .filter(
      (letter) => (letter.original?.offset ?? Number.POSITIVE_INFINITY) < (last.get(accountIn(letter)) ?? -1),
    )
    .toSorted((a, b) => comparePlaces(a.place, b.place))
    .map(({ place }) => placeText(place));
};

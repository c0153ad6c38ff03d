// The fraud detector's environment variables.
//
// Changing a rule's parameters does not change its version: the same causes still make the same alert id, so a replay
// under other parameters repeats the alerts they have in common instead of raising them anew.

import { ruleNames } from "@riffle/contracts";
import {
  adminPort,
  baseConfig,
  type Config,
  type Relation,
  streamConfig,
  streamRelations,
  streamTimeMs,
} from "@riffle/service-kit";
import { type TProperties, Type } from "typebox";

const dayMs = 86_400_000;

const wholeUnits = (defaultUnits: number, description: string) =>
  Type.Integer({
    minimum: 1,
    maximum: 1_000_000_000,
    unit: "units of the currency",
    default: defaultUnits,
    description,
  });

const count = (minimum: number, maximum: number, defaultCount: number, description: string) =>
  Type.Integer({ minimum, maximum, default: defaultCount, description });

const cardTesting = {
  CARD_TESTING_SMALL_BELOW: wholeUnits(100, "A purchase below this is a test of the card."),
  CARD_TESTING_LARGE_ABOVE: wholeUnits(
    1_000,
    "A purchase above this, after the tests, completes the pattern.",
  ),
  CARD_TESTING_SMALLS_MIN: count(
    1,
    20,
    3,
    "How many tests there are at least; it is also how many are kept per account.",
  ),
  CARD_TESTING_WITHIN_MS: streamTimeMs(
    300_000,
    "Longest time from the first test to the large purchase, inclusive.",
  ),
};

const impossibleTravel = {
  IMPOSSIBLE_TRAVEL_KMH_MAX: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    unit: "kilometres an hour",
    default: 900,
    description: "How fast anybody gets from one place to another.",
  }),
  IMPOSSIBLE_TRAVEL_KM_MIN: Type.Integer({
    minimum: 0,
    maximum: 20_000,
    unit: "kilometres",
    default: 500,
    description: "A distance that is possible in any time: coordinates are often those of the shop's seat.",
  }),
  IMPOSSIBLE_TRAVEL_COUNTRIES_WITHIN_MS: streamTimeMs(
    3_600_000,
    "Two countries at most this far apart in time are impossible when coordinates are missing, inclusive.",
  ),
};

const velocityBurst = {
  VELOCITY_BURST_TRANSACTIONS_MIN: count(
    2,
    100,
    10,
    "How many transactions are a burst; one fewer is kept per account.",
  ),
  VELOCITY_BURST_WITHIN_MS: streamTimeMs(
    60_000,
    "Longest time from the first of them to the last, inclusive.",
  ),
};

const amountAboveMean = {
  AMOUNT_ABOVE_MEAN_AMOUNT_MIN: wholeUnits(500, "A payment below this raises nothing."),
  AMOUNT_ABOVE_MEAN_EARLIER_MIN: count(2, 1_000_000, 10, "How many earlier payments a mean needs at least."),
  AMOUNT_ABOVE_MEAN_DAYS: Type.Integer({
    minimum: 1,
    maximum: 366,
    unit: "whole UTC days",
    default: 30,
    description:
      "How far the earlier payments may lie back; a count and two sums are kept for each day that has some.",
  }),
  AMOUNT_ABOVE_MEAN_TIMES: count(1, 1_000, 3, "A payment above so many times the mean may be far above it."),
  AMOUNT_ABOVE_MEAN_DEVIATIONS: count(
    0,
    1_000,
    4,
    "It is, when it is also more than so many standard deviations above the mean.",
  ),
};

const dormantAccountAwakened = {
  DORMANT_ACCOUNT_AWAKENED_SILENT_MS: streamTimeMs(
    90 * dayMs,
    "How long an account is without transactions, at least, to count as dormant, inclusive.",
  ),
  DORMANT_ACCOUNT_AWAKENED_AMOUNT_ABOVE: wholeUnits(
    500,
    "A payment above this, once the account is awake, raises the alert.",
  ),
  DORMANT_ACCOUNT_AWAKENED_WITHIN_MS: streamTimeMs(
    dayMs,
    "Longest time from the transaction that wakes the account to the payment, inclusive.",
  ),
  DORMANT_ACCOUNT_AWAKENED_RETENTION_MS: streamTimeMs(
    730 * dayMs,
    "How long an account without transactions is remembered, inclusive; after that it counts as new.",
  ),
};

const takeOver = {
  TAKE_OVER_WITHIN_MS: streamTimeMs(
    1_800_000,
    "Longest time from the first transaction of a new device to the transfer, inclusive.",
  ),
  TAKE_OVER_DEVICES_MAX: count(1, 100, 10, "How many devices are known of an account: those seen last."),
  TAKE_OVER_RETENTION_MS: streamTimeMs(
    400 * dayMs,
    "How long a device is known after it was last seen, inclusive; an account without one counts as new.",
  ),
};

const properties = {
  ...baseConfig,
  ...streamConfig,
  ADMIN_PORT: adminPort(9467),
  GRACE_MS: streamTimeMs(
    30_000,
    "How far behind stream time a transaction may be and still count in its place; a later one is not looked at. All within it is kept.",
  ),
  RULES: Type.Array(Type.String(), {
    minItems: 1,
    default: [...ruleNames],
    rule: `a comma-separated list of ${ruleNames.join(", ")}`,
    description: "The rules that are watched for; alerts for one transaction go out in this order.",
  }),
  ...cardTesting,
  ...impossibleTravel,
  ...velocityBurst,
  ...amountAboveMean,
  ...dormantAccountAwakened,
  ...takeOver,
} satisfies TProperties;

/** Everything the fraud detector reads from its environment. */
export const fraudDetectorConfig = Type.Object(properties);

/** The values of {@link fraudDetectorConfig}. */
export type FraudDetectorConfig = Config<typeof properties>;

/** The rules between its variables. */
export const fraudDetectorRelations: readonly Relation[] = [
  ...streamRelations,
  {
    // A purchase that is both a test and the large one would follow itself.
    between: ["CARD_TESTING_SMALL_BELOW", "CARD_TESTING_LARGE_ABOVE"],
    rule: "at most CARD_TESTING_LARGE_ABOVE",
    holds: (smallBelow = 0, largeAbove = 0) => smallBelow <= largeAbove,
  },
  {
    // What is forgotten before it can be dormant never wakes.
    between: ["DORMANT_ACCOUNT_AWAKENED_SILENT_MS", "DORMANT_ACCOUNT_AWAKENED_RETENTION_MS"],
    rule: "below DORMANT_ACCOUNT_AWAKENED_RETENTION_MS",
    holds: (silentMs = 0, retentionMs = 0) => silentMs < retentionMs,
  },
  {
    // The account would be awake for longer than it has to be silent.
    between: ["DORMANT_ACCOUNT_AWAKENED_WITHIN_MS", "DORMANT_ACCOUNT_AWAKENED_SILENT_MS"],
    rule: "at most DORMANT_ACCOUNT_AWAKENED_SILENT_MS",
    holds: (withinMs = 0, silentMs = 0) => withinMs <= silentMs,
  },
  {
    between: ["TAKE_OVER_WITHIN_MS", "TAKE_OVER_RETENTION_MS"],
    rule: "at most TAKE_OVER_RETENTION_MS",
    holds: (withinMs = 0, retentionMs = 0) => withinMs <= retentionMs,
  },
];

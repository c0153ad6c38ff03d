// The fraud detector's environment variables.
//
// Changing a pattern's parameters does not change its version: the same causes still make the same alert id, so a
// replay under other parameters repeats the alerts they have in common instead of raising them anew.

import {
  adminPort,
  baseConfig,
  type Config,
  durationMs,
  type Relation,
  streamConfig,
  streamRelations,
} from "@riffle/service-kit";
import { type TProperties, Type } from "typebox";
import type { CardTestingRules } from "./patterns/card-testing.ts";

const wholeUnits = (defaultUnits: number, description: string) =>
  Type.Integer({
    minimum: 1,
    maximum: 1_000_000_000,
    unit: "units of the currency",
    default: defaultUnits,
    description,
  });

const properties = {
  ...baseConfig,
  ...streamConfig,
  ADMIN_PORT: adminPort(9467),
  GRACE_MS: durationMs(
    30_000,
    "How far behind stream time a transaction may be and still find its account's earlier ones.",
  ),
  CARD_TESTING_SMALL_BELOW: wholeUnits(100, "A purchase below this is a test of the card."),
  CARD_TESTING_LARGE_ABOVE: wholeUnits(
    1_000,
    "A purchase above this, after the tests, completes the pattern.",
  ),
  CARD_TESTING_SMALLS_MIN: Type.Integer({
    minimum: 1,
    maximum: 20,
    default: 3,
    description: "How many tests there are at least; it is also how many are kept per account.",
  }),
  CARD_TESTING_WITHIN_MS: durationMs(
    300_000,
    "Longest time from the first test to the large purchase, inclusive.",
  ),
} satisfies TProperties;

/** Everything the fraud detector reads from its environment. */
export const fraudDetectorConfig = Type.Object(properties);

/** The rules between its variables. */
export const fraudDetectorRelations: readonly Relation[] = [
  ...streamRelations,
  {
    // A purchase that is both a test and the large one would follow itself.
    between: ["CARD_TESTING_SMALL_BELOW", "CARD_TESTING_LARGE_ABOVE"],
    rule: "at most CARD_TESTING_LARGE_ABOVE",
    holds: (smallBelow = 0, largeAbove = 0) => smallBelow <= largeAbove,
  },
];

/** The card-testing parameters of a configuration. */
export const cardTestingRules = (config: Config<typeof properties>): CardTestingRules => ({
  smallBelow: config.CARD_TESTING_SMALL_BELOW,
  largeAbove: config.CARD_TESTING_LARGE_ABOVE,
  smallsMin: config.CARD_TESTING_SMALLS_MIN,
  withinMs: config.CARD_TESTING_WITHIN_MS,
});

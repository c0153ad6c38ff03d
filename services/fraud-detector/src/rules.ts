// The catalogue: every rule by its name, with its parameters from the environment, and the stores of all of them.

import { nearestName, type RuleName, ruleNames } from "@riffle/contracts";
import { ConfigError, type ConfigFault } from "@riffle/service-kit";
import type { FraudDetectorConfig } from "./config.ts";
import { amountAboveMeanRule, amountAboveMeanStore } from "./patterns/amount-above-mean.ts";
import { cardTestingRule, cardTestingStore } from "./patterns/card-testing.ts";
import {
  dormantAccountAwakenedRule,
  dormantAccountAwakenedStore,
} from "./patterns/dormant-account-awakened.ts";
import { impossibleTravelRule, impossibleTravelStore } from "./patterns/impossible-travel.ts";
import { takeOverRule, takeOverStore } from "./patterns/take-over.ts";
import { velocityBurstRule, velocityBurstStore } from "./patterns/velocity-burst.ts";
import type { Rule } from "./rule.ts";

/** What the rules keep, by account. That of a rule which is switched off is left as it is. */
export const ruleStores = {
  cardTesting: cardTestingStore,
  impossibleTravel: impossibleTravelStore,
  velocityBurst: velocityBurstStore,
  amountAboveMean: amountAboveMeanStore,
  dormantAccountAwakened: dormantAccountAwakenedStore,
  takeOver: takeOverStore,
};

type Make = (config: FraudDetectorConfig) => Rule;

const catalogue: { readonly [Name in RuleName]: Make } = {
  "card-testing": (config) =>
    cardTestingRule(
      {
        smallBelow: config.CARD_TESTING_SMALL_BELOW,
        largeAbove: config.CARD_TESTING_LARGE_ABOVE,
        smallsMin: config.CARD_TESTING_SMALLS_MIN,
        withinMs: config.CARD_TESTING_WITHIN_MS,
      },
      config.GRACE_MS,
    ),
  "impossible-travel": (config) =>
    impossibleTravelRule(
      {
        kmhMax: config.IMPOSSIBLE_TRAVEL_KMH_MAX,
        kmMin: config.IMPOSSIBLE_TRAVEL_KM_MIN,
        countriesWithinMs: config.IMPOSSIBLE_TRAVEL_COUNTRIES_WITHIN_MS,
      },
      config.GRACE_MS,
    ),
  "velocity-burst": (config) =>
    velocityBurstRule(
      {
        transactionsMin: config.VELOCITY_BURST_TRANSACTIONS_MIN,
        withinMs: config.VELOCITY_BURST_WITHIN_MS,
      },
      config.GRACE_MS,
    ),
  "amount-above-mean": (config) =>
    amountAboveMeanRule(
      {
        amountMin: config.AMOUNT_ABOVE_MEAN_AMOUNT_MIN,
        earlierMin: config.AMOUNT_ABOVE_MEAN_EARLIER_MIN,
        days: config.AMOUNT_ABOVE_MEAN_DAYS,
        timesMean: config.AMOUNT_ABOVE_MEAN_TIMES,
        deviations: config.AMOUNT_ABOVE_MEAN_DEVIATIONS,
      },
      config.GRACE_MS,
    ),
  "dormant-account-awakened": (config) =>
    dormantAccountAwakenedRule(
      {
        silentMs: config.DORMANT_ACCOUNT_AWAKENED_SILENT_MS,
        amountAbove: config.DORMANT_ACCOUNT_AWAKENED_AMOUNT_ABOVE,
        withinMs: config.DORMANT_ACCOUNT_AWAKENED_WITHIN_MS,
        retentionMs: config.DORMANT_ACCOUNT_AWAKENED_RETENTION_MS,
      },
      config.GRACE_MS,
    ),
  "take-over": (config) =>
    takeOverRule(
      {
        withinMs: config.TAKE_OVER_WITHIN_MS,
        devicesMax: config.TAKE_OVER_DEVICES_MAX,
        retentionMs: config.TAKE_OVER_RETENTION_MS,
      },
      config.GRACE_MS,
    ),
};

/**
 * The rules of a configuration, in its order.
 *
 * @throws ConfigError with every name that is unknown or stands twice
 */
export const rulesOf = (config: FraudDetectorConfig): readonly Rule[] => {
  const faults = config.RULES.flatMap((name, i) => faultOf(name, config.RULES.indexOf(name) < i));
  if (faults.length > 0) throw new ConfigError(faults);
  return config.RULES.filter(isRuleName).map((name) => catalogue[name](config));
};

const isRuleName = (name: string): name is RuleName => ruleNames.some((known) => known === name);

const faultOf = (name: string, isRepeated: boolean): ConfigFault[] => {
  const fault = (problem: string): ConfigFault[] => [{ variable: "RULES", problem }];
  if (isRepeated) return fault(`found "${name}" twice; name each rule once`);
  if (isRuleName(name)) return [];
  const near = nearestName(name, ruleNames);
  const meant = near === undefined ? "" : `; did you mean "${near}"?`;
  return fault(`found "${name}", but must be a comma-separated list of ${ruleNames.join(", ")}${meant}`);
};

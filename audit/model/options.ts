// What a run is made with: the parameters of the services, as the model knows them and as their environment says them.

/** Parameters of the six rules, in the words of the services' variables. Amounts in units, times in milliseconds. */
export interface RuleOptions {
  readonly cardTesting: {
    readonly smallBelow: number;
    readonly largeAbove: number;
    readonly smallsMin: number;
    readonly withinMs: number;
  };
  readonly impossibleTravel: {
    readonly kmhMax: number;
    readonly kmMin: number;
    readonly countriesWithinMs: number;
  };
  readonly velocityBurst: { readonly transactionsMin: number; readonly withinMs: number };
  readonly amountAboveMean: {
    readonly amountMin: number;
    readonly earlierMin: number;
    readonly days: number;
    readonly times: number;
    readonly deviations: number;
  };
  readonly dormantAccountAwakened: {
    readonly silentMs: number;
    readonly amountAbove: number;
    readonly withinMs: number;
    readonly retentionMs: number;
  };
  readonly takeOver: { readonly withinMs: number; readonly devicesMax: number; readonly retentionMs: number };
}

/** The parameters the pipeline was started with, milliseconds. */
export interface ModelOptions {
  readonly graceMs: number;
  readonly windowSizeMs: number;
  readonly windowAdvanceMs: number;
  readonly sessionGapMs: number;
  readonly relevantTypes: readonly string[];
  /** Stream time for which the filter knows a transaction again. */
  readonly dedupHorizonMs: number;
  readonly rules: RuleOptions;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** The defaults of the services. */
export const modelDefaults: ModelOptions = {
  graceMs: 30_000,
  windowSizeMs: 5 * minuteMs,
  windowAdvanceMs: minuteMs,
  sessionGapMs: 5 * minuteMs,
  relevantTypes: ["purchase", "withdrawal", "transfer"],
  dedupHorizonMs: dayMs,
  rules: {
    cardTesting: { smallBelow: 100, largeAbove: 1_000, smallsMin: 3, withinMs: 5 * minuteMs },
    impossibleTravel: { kmhMax: 900, kmMin: 500, countriesWithinMs: 60 * minuteMs },
    velocityBurst: { transactionsMin: 10, withinMs: minuteMs },
    amountAboveMean: { amountMin: 500, earlierMin: 10, days: 30, times: 3, deviations: 4 },
    dormantAccountAwakened: {
      silentMs: 90 * dayMs,
      amountAbove: 500,
      withinMs: dayMs,
      retentionMs: 730 * dayMs,
    },
    takeOver: { withinMs: 30 * minuteMs, devicesMax: 10, retentionMs: 400 * dayMs },
  },
};

/**
 * For runs of an hour of event time: accounts are dormant after 10 minutes, awake for 2, forgotten after 20, and a
 * device is forgotten after half an hour. Start the services with {@link environmentOf} it.
 */
export const hourLongModel: ModelOptions = {
  ...modelDefaults,
  rules: {
    ...modelDefaults.rules,
    dormantAccountAwakened: {
      silentMs: 10 * minuteMs,
      amountAbove: 500,
      withinMs: 2 * minuteMs,
      retentionMs: 20 * minuteMs,
    },
    takeOver: { withinMs: 15 * minuteMs, devicesMax: 3, retentionMs: 30 * minuteMs },
  },
};

/**
 * For runs that may end after some minutes of event time: accounts are dormant after two of them, awake for half a one. The
 * filter forgets after an hour, so that a run of many hours of event time neither grows with them nor leaves it untried.
 */
export const minutesLongModel: ModelOptions = {
  ...hourLongModel,
  dedupHorizonMs: 60 * minuteMs,
  rules: {
    ...hourLongModel.rules,
    dormantAccountAwakened: {
      ...hourLongModel.rules.dormantAccountAwakened,
      silentMs: 2 * minuteMs,
      withinMs: minuteMs / 2,
    },
  },
};

/** The environment that makes the filter and the fraud detector what the model takes them for. */
export const environmentOf = ({ rules, dedupHorizonMs }: ModelOptions): Readonly<Record<string, string>> => {
  const { cardTesting, impossibleTravel, velocityBurst, amountAboveMean, takeOver } = rules;
  const dormant = rules.dormantAccountAwakened;
  const values = {
    DEDUP_HORIZON_MS: dedupHorizonMs,
    CARD_TESTING_SMALL_BELOW: cardTesting.smallBelow,
    CARD_TESTING_LARGE_ABOVE: cardTesting.largeAbove,
    CARD_TESTING_SMALLS_MIN: cardTesting.smallsMin,
    CARD_TESTING_WITHIN_MS: cardTesting.withinMs,
    IMPOSSIBLE_TRAVEL_KMH_MAX: impossibleTravel.kmhMax,
    IMPOSSIBLE_TRAVEL_KM_MIN: impossibleTravel.kmMin,
    IMPOSSIBLE_TRAVEL_COUNTRIES_WITHIN_MS: impossibleTravel.countriesWithinMs,
    VELOCITY_BURST_TRANSACTIONS_MIN: velocityBurst.transactionsMin,
    VELOCITY_BURST_WITHIN_MS: velocityBurst.withinMs,
    AMOUNT_ABOVE_MEAN_AMOUNT_MIN: amountAboveMean.amountMin,
    AMOUNT_ABOVE_MEAN_EARLIER_MIN: amountAboveMean.earlierMin,
    AMOUNT_ABOVE_MEAN_DAYS: amountAboveMean.days,
    AMOUNT_ABOVE_MEAN_TIMES: amountAboveMean.times,
    AMOUNT_ABOVE_MEAN_DEVIATIONS: amountAboveMean.deviations,
    DORMANT_ACCOUNT_AWAKENED_SILENT_MS: dormant.silentMs,
    DORMANT_ACCOUNT_AWAKENED_AMOUNT_ABOVE: dormant.amountAbove,
    DORMANT_ACCOUNT_AWAKENED_WITHIN_MS: dormant.withinMs,
    DORMANT_ACCOUNT_AWAKENED_RETENTION_MS: dormant.retentionMs,
    TAKE_OVER_WITHIN_MS: takeOver.withinMs,
    TAKE_OVER_DEVICES_MAX: takeOver.devicesMax,
    TAKE_OVER_RETENTION_MS: takeOver.retentionMs,
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
};

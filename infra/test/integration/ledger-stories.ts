// Stories of a pipeline, for the rule that compares what ingest recorded with what the filter read: such in which nothing is
// lost, whatever happens, and such in which something is.

import fc from "fast-check";
import { type Happening, type Story, scrape, scrapeS } from "./scraped-pipeline.ts";

const alert = "RiffleReceivedNotScreened";
const phase = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

const happening = (
  kinds: readonly Happening["kind"][],
  fromS: number,
  toS: number,
): fc.Arbitrary<Happening> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    atS: fc.integer({ min: fromS, max: toS }),
    lastsS: fc.integer({ min: 1, max: 90 }),
  });

const harmless = [
  "filter-restart",
  "filter-replaced",
  "filter-joins",
  "filter-leaves",
  "ingest-restart",
  "ingest-joins",
  "filter-slow",
] as const;

/** Two hours in which nothing is lost: bursts, pauses, restarts, hand-overs, backlogs. */
export const healthyStory: fc.Arbitrary<Story> = fc.record({
  ratesPerS: fc.array(fc.constantFrom(0, 0.2, 3, 40, 500, 2_000), { minLength: 24, maxLength: 24 }),
  phase,
  happenings: fc.array(
    fc.oneof(
      happening(harmless, 60, 7_000),
      // For many minutes slower than what comes: a backlog, and then a faster filter than ever.
      fc.record({
        kind: fc.constant("filter-slow" as const),
        atS: fc.integer({ min: 60, max: 5_000 }),
        lastsS: fc.integer({ min: 300, max: 1_800 }),
      }),
    ),
    { maxLength: 8 },
  ),
});

/** Nothing lost either: a filter that is killed again and again at its highest speed, and then no traffic that could hide anything. */
export const restlessStory: fc.Arbitrary<Story> = fc
  .record({
    phase,
    kills: fc.array(fc.integer({ min: 5_110, max: 5_400 }), { minLength: 4, maxLength: 8 }),
    kind: fc.constantFrom("filter-restart" as const, "filter-replaced" as const),
  })
  .map(({ phase, kills, kind }) => ({
    ratesPerS: Array.from({ length: 24 }, (_, i) => (i < 20 ? 500 : 0)),
    phase,
    happenings: [
      { kind: "filter-slow", atS: 3_600, lastsS: 1_500 },
      ...kills.map((atS) => ({ kind, atS, lastsS: 2 })),
    ],
  }));

const steadyRate = fc.constantFrom(2, 30, 400, 2_000);
/** Of what a loss comes on top: it is over an hour before the end. */
const earlier = fc.array(happening(harmless, 60, 1_800), { maxLength: 4 });

/** A filter that passes over some of its records for half an hour, under load, and nothing stands out. */
export const skippingStory: fc.Arbitrary<Story> = fc
  .record({
    rate: steadyRate,
    phase,
    happenings: earlier,
    share: fc.double({ min: 0.1, max: 1, noNaN: true }),
  })
  .map(({ rate, share, ...story }) => ({
    ...story,
    ratesPerS: Array<number>(24).fill(rate),
    skips: { share, fromS: 5_400 },
  }));

/** A filter that was away for ten minutes, and then began at the end of its topic. */
export const jumpingStory: fc.Arbitrary<Story> = fc
  .record({ rate: steadyRate, phase, atS: fc.integer({ min: 5_000, max: 6_000 }) })
  .map(({ rate, atS, ...story }) => ({
    ...story,
    ratesPerS: Array<number>(24).fill(rate),
    happenings: [{ kind: "offsets-to-end", atS, lastsS: 600 }],
  }));

/** A promtool case, in its file's notation, about whether the alert fired at any time of a story. */
export const caseOf = (name: string, story: Story, fires: boolean): object => ({
  name: `${name}: ${JSON.stringify(story)}`,
  interval: `${scrapeS}s`,
  input_series: scrape(story),
  promql_expr_test: [
    {
      expr: `count(count_over_time(ALERTS{alertname="${alert}",alertstate="firing"}[4h]))`,
      eval_time: `${story.ratesPerS.length * 5}m`,
      exp_samples: fires ? [{ labels: "{}", value: 1 }] : [],
    },
  ],
});

/** The text of a promtool file of `count` stories; the same each time. */
export const caseFile = (name: string, stories: fc.Arbitrary<Story>, fires: boolean, count: number): string =>
  JSON.stringify({
    rule_files: ["/rules/rules/completeness.yml"],
    evaluation_interval: "15s",
    tests: fc.sample(stories, { seed: 7, numRuns: count }).map((story) => caseOf(name, story, fires)),
  });

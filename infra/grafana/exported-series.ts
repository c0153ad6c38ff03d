// What services export, and what a query asks of it in vain: a metric, a label or a value that is not there. Prometheus answers
// such a query with nothing, which looks like "nothing happens".
//
//   ES1. Values are compared where a query names them: the sets of such labels are closed, and a service has each of their
//        series from its start. Every alternative of a regular expression without other signs must be there.
//   ES2. What the scraper gives, `instance` and `job`, is there for every series, with any value.

import { type Aggregation, type Matcher, type Selector, selectorsOf } from "./query-selectors.ts";

/** One series of an exposition. */
export interface ExportedSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const ofTheScraper = ["instance", "job"];
const line = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? \S+$/;
const label = /(?<name>\w+)="(?<value>(?:\\.|[^"\\])*)"/g;
const name = "[\\w-]+(?:\\.[\\w-]+)*";
const alternatives = new RegExp(`^${name}(\\|${name})*$`);

/** The series in Prometheus' text format; a histogram's as they are selected, with `_bucket`, `_sum` and `_count`. */
export const exportedSeries = (exposition: string): ExportedSeries[] =>
  exposition.split("\n").flatMap((text) => {
    const groups = line.exec(text)?.groups;
    if (groups === undefined) return [];
    const labels = [...(groups["labels"] ?? "").matchAll(label)].map(({ groups: pair }) => [
      pair?.["name"],
      pair?.["value"],
    ]);
    return [{ name: groups["name"] ?? "", labels: Object.fromEntries(labels) }];
  });

/**
 * What an expression asks for in vain, a sentence for each.
 *
 * @param legend labels in double braces that the result must have, as Grafana writes them
 */
export const askedInVain = (expr: string, series: readonly ExportedSeries[], legend = ""): string[] => {
  const asked = selectorsOf(expr).filter(({ metric }) => !metric.includes(":"));
  const shown = [...legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, name = ""]) => name);
  const inResult = new Set(asked.flatMap((selector) => [...resultLabels(selector, series)]));
  return [
    ...asked.flatMap((selector) => faultsOf(selector, series)),
    ...shown.filter((name) => !inResult.has(name)).map((name) => `the result has no label ${name}`),
  ].map((fault) => `${fault}, in ${expr}`);
};

const faultsOf = ({ metric, matchers, aggregations }: Selector, all: readonly ExportedSeries[]): string[] => {
  const series = all.filter(({ name }) => name === metric);
  if (series.length === 0) return [`no series of ${metric || "a metric without a name"}`];
  const checked = matchers.filter(({ label: name }) => !ofTheScraper.includes(name));
  const empty = combinations(checked)
    .filter((wanted) => !series.some(({ labels }) => wanted.every((matcher) => holds(matcher, labels))))
    .map((wanted) => `no series of ${metric} with ${wanted.map(textOf).join(" and ")}`);
  let there = labelsOf(series);
  const lost: string[] = [];
  for (const aggregation of aggregations) {
    const left = there;
    lost.push(...aggregation.labels.filter((name) => !left.has(name)));
    there = labelsAfter(aggregation, there);
  }
  return [...empty, ...lost.map((name) => `${metric} has no label ${name} to group by`)];
};

const labelsOf = (series: readonly ExportedSeries[]): ReadonlySet<string> =>
  new Set([...ofTheScraper, ...series.flatMap(({ labels }) => Object.keys(labels))]);

const labelsAfter = ({ keeps, labels }: Aggregation, there: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...there].filter((name) => labels.includes(name) === (keeps === "named")));

const resultLabels = (
  { metric, aggregations }: Selector,
  all: readonly ExportedSeries[],
): ReadonlySet<string> =>
  aggregations.reduce<ReadonlySet<string>>(
    (there, aggregation) => labelsAfter(aggregation, there),
    labelsOf(all.filter(({ name }) => name === metric)),
  );

/** Each way to choose one alternative of every matcher (ES1). */
const combinations = (matchers: readonly Matcher[]): Matcher[][] =>
  matchers.reduce<Matcher[][]>(
    (chosen, matcher) => chosen.flatMap((others) => choicesOf(matcher).map((choice) => [...others, choice])),
    [[]],
  );

const choicesOf = (matcher: Matcher): Matcher[] =>
  matcher.op === "=~" && alternatives.test(matcher.value)
    ? matcher.value.split("|").map((value) => ({ ...matcher, op: "=", value }))
    : [matcher];

/** Unlike in Prometheus, a label that is not there holds for nothing: nobody asks for it on purpose. */
const holds = ({ label: name, op, value }: Matcher, labels: ExportedSeries["labels"]): boolean => {
  const found = labels[name];
  if (found === undefined) return false;
  if (op === "=" || op === "!=") return (found === value) === (op === "=");
  return new RegExp(`^(?:${value})$`).test(found) === (op === "=~");
};

const textOf = ({ label: name, op, value }: Matcher): string => `${name}${op}"${value}"`;

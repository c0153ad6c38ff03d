// What a PromQL expression asks for: which series, and which of their labels are left in the answer.
//
//   QS1. Read with Prometheus' own grammar; what is no PromQL throws.

import { parser } from "@prometheus-io/lezer-promql";

/** `label="value"`, or with `!=`, `=~`, `!~`. */
export interface Matcher {
  readonly label: string;
  readonly op: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

/** An aggregation around a selector. */
export interface Aggregation {
  /** `by` keeps the labels it names, `without` all but them. One with neither is `by ()`. */
  readonly keeps: "named" | "others";
  readonly labels: readonly string[];
}

/** `metric{label="value"}` within an expression. */
export interface Selector {
  /** Empty where there is a matcher of `__name__` instead. */
  readonly metric: string;
  readonly matchers: readonly Matcher[];
  /** From the inside to the outside. */
  readonly aggregations: readonly Aggregation[];
}

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

const operators: readonly string[] = ["=", "!=", "=~", "!~"] satisfies Matcher["op"][];
const isOperator = (text: string): text is Matcher["op"] => operators.includes(text);

/**
 * The selectors of an expression, in their order. What stands for a variable of Grafana must stand within quotes.
 *
 * @throws SyntaxError when the expression is no PromQL
 */
export const selectorsOf = (expr: string): Selector[] => {
  const found: Selector[] = [];
  parser.parse(expr).iterate({
    enter: ({ node }) => {
      if (node.type.isError) throw new SyntaxError(`no PromQL at character ${node.from} of ${expr}`);
      if (node.name === "VectorSelector") found.push(selectorAt(expr, node));
    },
  });
  return found;
};

const selectorAt = (expr: string, node: SyntaxNode): Selector => {
  const metric = node.getChild("Identifier");
  const matchers = node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? [];
  const aggregations: Aggregation[] = [];
  for (let around = node.parent; around !== null; around = around.parent)
    if (around.name === "AggregateExpr") aggregations.push(aggregationOf(expr, around));
  return {
    metric: metric === null ? "" : textOf(expr, metric),
    matchers: matchers.map((matcher) => matcherOf(expr, matcher)),
    aggregations,
  };
};

const aggregationOf = (expr: string, node: SyntaxNode): Aggregation => {
  const modifier = node.getChild("AggregateModifier");
  const names = modifier?.getChild("GroupingLabels")?.getChildren("LabelName") ?? [];
  return {
    keeps: modifier?.getChild("Without") ? "others" : "named",
    labels: names.map((name) => textOf(expr, name)),
  };
};

const matcherOf = (expr: string, node: SyntaxNode): Matcher => {
  const [label = "", op = "", quoted = ""] = ["LabelName", "MatchOp", "StringLiteral"].map((kind) => {
    const part = node.getChild(kind);
    return part === null ? "" : textOf(expr, part);
  });
  if (!isOperator(op)) throw new SyntaxError(`${op} is no operator of a matcher, in ${expr}`);
  return { label, op, value: quoted.slice(1, -1).replaceAll("\\\\", "\\") };
};

const textOf = (expr: string, { from, to }: SyntaxNode): string => expr.slice(from, to);

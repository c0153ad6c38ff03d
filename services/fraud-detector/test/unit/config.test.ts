// A bug here starts the detector with a rule that cannot match, or without one that was meant to be on.

import { ruleNames } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { rulesOf } from "../../src/rules.ts";
import { configOf } from "./detector.ts";

const names = (env: Readonly<Record<string, string>>): string[] =>
  rulesOf(configOf(env)).map(({ name }) => name);

describe("RULES", () => {
  it("has all six by default, each under its own name", () => {
    expect(names({})).toEqual(ruleNames);
  });

  it("switches on what it names, in its order", () => {
    expect(names({ RULES: "take-over, card-testing" })).toEqual(["take-over", "card-testing"]);
  });

  it.each([
    ["card-testin", 'found "card-testin", but must be .*; did you mean "card-testing"\\?'],
    ["takeover", 'did you mean "take-over"\\?'],
    ["fraud", 'found "fraud", but must be a comma-separated list of card-testing, [^;]*$'],
    ["take-over,take-over", 'found "take-over" twice'],
    ["", "must be a comma-separated list"],
  ])("%j is refused", (rules, message) => {
    expect(() => names({ RULES: rules })).toThrow(new RegExp(message));
  });

  it("reports every wrong name at once", () => {
    expect(() => names({ RULES: "one,two" })).toThrow(/"one".*\n.*"two"/);
  });
});

describe("the relations between parameters", () => {
  it.each([
    ["CARD_TESTING_SMALL_BELOW", "1001", "1000"],
    ["DORMANT_ACCOUNT_AWAKENED_SILENT_MS", String(730 * 86_400_000), String(730 * 86_400_000 - 1)],
    ["DORMANT_ACCOUNT_AWAKENED_WITHIN_MS", String(90 * 86_400_000 + 1), String(90 * 86_400_000)],
    ["TAKE_OVER_WITHIN_MS", String(400 * 86_400_000 + 1), String(400 * 86_400_000)],
  ])("%s of %s is refused, of %s is not", (variable, wrong, right) => {
    expect(() => configOf({ [variable]: wrong })).toThrow(new RegExp(variable));
    expect(rulesOf(configOf({ [variable]: right }))).toHaveLength(6);
  });
});

// A bug here would look like: a stack for a slip of the finger, a campaign with the seed NaN, `--help` that begins to build
// images.

import { describe, expect, it } from "vitest";
import { understandForm } from "../../../command-line/command-forms.ts";
import { type CommandShape, understand } from "../../../command-line/command-line.ts";
import { choice, flag, needed, number, wholeNumber } from "../../../command-line/values.ts";

const shape = {
  command: "npx -y pnpm@10 try",
  does: "Tries things.",
  options: {
    seed: wholeNumber("of the plan", 1),
    minutes: number("how long", 0.5),
    "batch-size": wholeNumber("of a batch", 25, { min: 1, max: 10_000 }),
    mix: choice("which faults", ["short", "long"], "short"),
    runs: choice("which runs", ["silences", "losses"], undefined),
    ledger: flag("keeps the result"),
  },
  operands: { count: wholeNumber("how many", 7), kind: choice("what for", ["memory", "disk"], "disk") },
} as const;

const tried = (...args: string[]) => understand(shape, args);
const refusal = (...args: string[]): string => {
  const found = tried(...args);
  return found.kind === "refused" ? (found.text.split("\n")[0] ?? "") : found.kind;
};

describe("what is understood", () => {
  it("without arguments everything is as the shape says", () => {
    expect(tried()).toEqual({
      kind: "values",
      values: {
        seed: 1,
        minutes: 0.5,
        "batch-size": 25,
        mix: "short",
        runs: undefined,
        ledger: false,
        count: 7,
        kind: "disk",
        others: [],
      },
    });
  });

  it.each([
    ["options and operands in any order", ["--seed", "7", "12", "--mix=long", "memory", "--ledger"]],
    ["after the -- that pnpm hands on", ["--", "--seed=7", "--mix", "long", "--ledger", "12", "memory"]],
    [
      "of an option given twice the last",
      ["--seed", "6", "--seed", "7", "--mix", "long", "12", "--ledger", "memory"],
    ],
  ])("%s", (_, args) => {
    expect(tried(...args)).toMatchObject({
      kind: "values",
      values: { seed: 7, mix: "long", ledger: true, count: 12, kind: "memory" },
    });
  });

  it.each(["--help", "-h"])("%s tells everything, whatever else is wrong", (help) => {
    const found = tried("--sede", "x", help);
    expect(found).toEqual({
      kind: "help",
      text: `usage: npx -y pnpm@10 try [<count>] [<memory|disk>] [--seed <whole number>] [--minutes <number>] [--batch-size <whole number>] [--mix <short|long>] [--runs <silences|losses>] [--ledger] [--help]

Tries things.

  <count>                      how many; 7 if not given
  <memory|disk>                what for; disk if not given
  --seed <whole number>        of the plan; 1 if not given
  --minutes <number>           how long; 0.5 if not given
  --batch-size <whole number>  of a batch; 25 if not given
  --mix <short|long>           which faults; short if not given
  --runs <silences|losses>     which runs
  --ledger                     keeps the result
  --help                       shows this
`,
    });
  });
});

describe("what is refused", () => {
  it.each([
    [["--sede", "7"], "there is no option --sede; did you mean --seed?"],
    [["--constructor"], "there is no option --constructor"],
    [["-s"], "there is no option -s"],
    [["--ledgr"], "there is no option --ledgr; did you mean --ledger?"],
    [["--ledger=yes"], "--ledger takes no value"],
    [["--seed"], "--seed needs a <whole number>"],
    [["--seed", "--ledger"], '--seed: "--ledger" is not a whole number'],
    [["--seed", "x"], '--seed: "x" is not a whole number'],
    [["--seed="], '--seed: "" is not a whole number'],
    [["--seed", "1.5"], '--seed: "1.5" is not a whole number'],
    [["--seed", "1e30"], '--seed: "1e30" is not a whole number'],
    [["--minutes", "Infinity"], '--minutes: "Infinity" is not a number'],
    [["--minutes", "-1"], "--minutes: -1 is less than 0"],
    [["--batch-size", "0"], "--batch-size: 0 is less than 1"],
    [["--batch-size", "10001"], "--batch-size: 10001 is more than 10000"],
    [["--mix", "lnog"], '--mix: there is no "lnog"; did you mean long?'],
    [["--mix", "everything"], '--mix: there is no "everything"; there are short, long'],
    [["many"], 'count: "many" is not a whole number'],
    [["1", "dsik"], 'kind: there is no "dsik"; did you mean disk?'],
    [["1", "disk", "2"], '"2" is one word too many'],
  ])("%j", (args, first) => {
    expect(refusal(...args)).toBe(first);
  });

  it("a refusal ends with the usage", () => {
    expect(tried("--nothing")).toMatchObject({
      text: expect.stringMatching(/\nusage: npx -y pnpm@10 try \[<count>\] .*\[--help\]\n$/),
    });
  });

  it("a word that is needed is asked for, with what there is", () => {
    const story = {
      command: "scenario",
      does: "Plays.",
      operands: { name: needed("which", ["one", "two"]) },
    };
    expect(understand(story, [])).toMatchObject({
      kind: "refused",
      text: "name is missing: <one|two>\nusage: scenario <one|two> [--help]\n",
    });
    expect(understand(story, ["two"])).toMatchObject({ values: { name: "two" } });
  });

  it("of further words each is read", () => {
    const bugs: CommandShape = {
      command: "bugs",
      does: "Plants.",
      others: needed("which", ["a-bug", "b-bug"]),
    };
    expect(understand(bugs, ["b-bug", "a-bug"])).toMatchObject({ values: { others: ["b-bug", "a-bug"] } });
    expect(understand(bugs, ["b-bug", "c-bag"])).toMatchObject({ kind: "refused" });
  });
});

describe("a command whose first word says what it does", () => {
  const forms = {
    command: "node bench/try.ts",
    does: "Measures.",
    forms: {
      fuzz: { does: "sends nonsense", operands: { requests: wholeNumber("how many", 300) } },
      outage: { does: "cuts", operands: { seconds: number("for how long", 30) } },
    },
  } as const;
  const told = (...args: string[]) => understandForm(forms, args);

  it.each([
    [["fuzz"], { form: "fuzz", requests: 300 }],
    [["--", "outage", "12.5"], { form: "outage", seconds: 12.5 }],
  ])("%j reads the operands of its word", (args, values) => {
    expect(told(...args)).toMatchObject({ kind: "values", values });
  });

  it.each([
    [[], "say what: fuzz, outage"],
    [["fuz"], 'there is no "fuz"; did you mean fuzz?'],
    [["fuzz", "many"], 'requests: "many" is not a whole number'],
    [["fuzz", "1", "2"], '"2" is one word too many'],
  ])("%j is refused", (args, first) => {
    expect(told(...args)).toMatchObject({
      kind: "refused",
      text: expect.stringContaining(`${first}\nusage: `),
    });
  });

  it("--help tells all words, and behind a word that one", () => {
    expect(told("--help")).toEqual({
      kind: "help",
      text: `Measures.

usage: node bench/try.ts fuzz [<requests>] [--help]
    sends nonsense
usage: node bench/try.ts outage [<seconds>] [--help]
    cuts
`,
    });
    expect(told("outage", "--help")).toMatchObject({
      kind: "help",
      text: expect.stringContaining("<seconds>  for how long; 30 if not given"),
    });
  });
});

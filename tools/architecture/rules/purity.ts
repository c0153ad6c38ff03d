// The parts that are functions of their input: they can be run by hand, and twice with one result. Of the engine time,
// windows, patterns and the store contract; and the cases, which are proven by running them again.

import { placeOf, targetOf } from "../places.ts";
import type { Fault, Rule } from "../rule.ts";
import type { Source } from "../source.ts";

const engine = "packages/streams/src/";
const pureParts = [
  "time/",
  "windows/",
  "patterns/",
  "state/store.ts",
  "state/composite-key.ts",
  "state/safe-time.ts",
  "state/window-store.ts",
  "state/session-store.ts",
].map((part) => engine + part);
const cases = "packages/cases/src/";
/** A hash is a function of its bytes. */
const hashing = `${cases}chain.ts`;
/** What pure parts may use at run time beside each other: the errors, and the ways values become bytes. */
const alsoUsable = [`${engine}errors.ts`, `${engine}state/serde.ts`, `${engine}state/binary-serde.ts`];

const impureNames = [
  "Date",
  "Math.random",
  "Buffer",
  "console",
  "crypto",
  "fetch",
  "globalThis",
  "performance",
  "process",
  "setImmediate",
  "setInterval",
  "setTimeout",
];

const isPure = (path: string): boolean => [...pureParts, cases].some((part) => path.startsWith(part));

/** Finds Node, Kafka, the clock and randomness where none of them may be. */
export const purity: Rule = {
  name: "purity",
  check: (repository) =>
    repository.sources
      .filter(({ path }) => isPure(path) && placeOf(path).kind === "ships")
      .flatMap((source) => [...impureImports(source), ...impureUses(source)]),
};

function impureImports({ path, imports }: Source): Fault[] {
  return imports.flatMap(({ specifier, typeOnly, line }) => {
    const target = targetOf(path, specifier);
    if (path === hashing && target.kind === "node" && target.name === "node:crypto") return [];
    if (target.kind === "own") {
      const inEngine = target.path.startsWith(engine);
      if (!inEngine) return [];
      const isKafka = target.path.startsWith(`${engine}kafka/`);
      const isUsable = typeOnly || isPure(target.path) || alsoUsable.includes(target.path);
      if (!isKafka && isUsable) return [];
    }
    const message = `imports ${specifier}; time, windows, patterns, the store contract and cases know no Node, no clock and no Kafka. Take it as a parameter, or import its type only`;
    return [{ where: `${path}:${line}`, message }];
  });
}

function impureUses({ path, names }: Source): Fault[] {
  return names
    .filter(({ name }) => impureNames.includes(name))
    .map(({ name, line }) => ({
      where: `${path}:${line}`,
      message: `uses ${name}; a result may depend on the events only. Take the value as a parameter (stream time is task.streamTimeMs)`,
    }));
}

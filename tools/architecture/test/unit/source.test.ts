// A bug here looks like this: every rule is green, because the files look empty to all of them.

import { describe, expect, it } from "vitest";
import { parseSource } from "../../source.ts";

describe("imports", () => {
  it("are found in every form, with their line, types told apart", () => {
    const text = `// → a comment with a character beyond ASCII, import "not-this"
import "side-effect";
import type { A } from "type-only";
import { type B, type C } from "types-only";
import { type D, e } from "mixed";
export { f } from "re-export";
export type { G } from "type-re-export";
export * from "everything";
const h = await import("dynamic");
const i = require("required");
type J = import("type-query").J;
const k = 'import "a-string"';
const l = \`import "a-template"\`;
`;
    const { imports } = parseSource("a.ts", text);
    expect(imports.toSorted((a, b) => a.line - b.line)).toEqual([
      { specifier: "side-effect", typeOnly: false, line: 2 },
      { specifier: "type-only", typeOnly: true, line: 3 },
      { specifier: "types-only", typeOnly: true, line: 4 },
      { specifier: "mixed", typeOnly: false, line: 5 },
      { specifier: "re-export", typeOnly: false, line: 6 },
      { specifier: "type-re-export", typeOnly: true, line: 7 },
      { specifier: "everything", typeOnly: false, line: 8 },
      { specifier: "dynamic", typeOnly: false, line: 9 },
      { specifier: "required", typeOnly: false, line: 10 },
      { specifier: "type-query", typeOnly: true, line: 11 },
    ]);
  });

  it("are found beside JSX", () => {
    const text = 'import { A } from "./a.tsx";\nexport const b = <A c={1}>d</A>;';
    expect(parseSource("b.tsx", text).imports).toMatchObject([{ specifier: "./a.tsx", line: 1 }]);
  });

  it("are found beside decorators and parameter decorators", () => {
    const text = `import { C } from "nest";
@C()
class A { @H(x) m(@P() p: string): void {} }`;
    expect(parseSource("a.ts", text).imports).toHaveLength(1);
  });
});

describe("functions", () => {
  it("have a name, a first line and the lines they hold, closures included", () => {
    const text = `function outer() {
  const inner = () => {
    return 1;
  };
}
class A {
  method() { return 1; }
}
describe.each([1])("title", () => {
  it("fact", () => {});
});`;
    const { functions } = parseSource("a.ts", text);
    expect(functions.toSorted((a, b) => a.line - b.line)).toEqual([
      { name: "outer", line: 1, lines: 5, isSuite: false },
      { name: "inner", line: 2, lines: 3, isSuite: false },
      { name: "method", line: 7, lines: 1, isSuite: false },
      { name: "argument of describe", line: 9, lines: 3, isSuite: true },
      { name: "argument of it", line: 10, lines: 1, isSuite: false },
    ]);
  });
});

describe("names", () => {
  it("are what stands for itself: no property, no key, no string", () => {
    const text = `const a = { Date: 1, ["process"]: x.performance }; Math.random(); Math.max(); Date.now();`;
    const names = parseSource("a.ts", text).names.map(({ name }) => name);
    expect(names.toSorted()).toEqual(["Date", "Math.max", "Math.random", "a", "x"]);
  });
});

it("a file that is no TypeScript is named", () => {
  expect(() => parseSource("broken.ts", "const = 1")).toThrow(/^broken\.ts cannot be parsed/);
});

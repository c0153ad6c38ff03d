// A bug here looks like this: a page promises what the code stopped promising a month ago.

import { expect, it } from "vitest";
import { repositoryOf } from "../../../repository.ts";
import { invariantsCited } from "../../../rules/invariants-cited.ts";

const code = `// The worker.
//
//   W1. The fence is the generation,
//       never a later one.
//   W2. On any error everything is dropped.

export {};
`;

const faultsOf = (list: string) =>
  invariantsCited.check(
    repositoryOf({
      "packages/streams/src/worker/worker.ts": code,
      "docs/semantics/a.md": `# A page\n\n\`packages/streams/src/worker/worker.ts\`, as an example\n\n${list}\n`,
    }),
  );

it("a citation may be broken into lines otherwise than the code", () => {
  expect(
    faultsOf(
      "- **W1.** The fence is\n  the generation, never a later one.\n- **W2.** On any error everything is dropped.",
    ),
  ).toEqual([]);
});

it("a citation in other words is found, with the code's", () => {
  const [fault] = faultsOf("- **W1.** The fence is the generation.");
  expect(fault?.where).toBe("docs/semantics/a.md:5");
  expect(fault?.message).toContain('"The fence is the generation, never a later one."');
});

it("a number that the file does not have is found", () => {
  expect(faultsOf("- **W3.** Nothing.")[0]?.message).toContain("does not have");
});

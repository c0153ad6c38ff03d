// A bug here looks like this: a page full of dead links that no check reads.

import { expect, it } from "vitest";
import { readPage } from "../../markdown.ts";

it("a page gives its links, anchors, code and commands, each from where it stands", () => {
  const page = readPage(`# A title, with \`code\`

See [one](a.md) and [two](b.md#part), not \`[three](c.md)\`.

\`\`\`sh
pnpm run build
[four](d.md)
\`\`\`
`);
  expect(page.links).toEqual([
    { text: "a.md", line: 3 },
    { text: "b.md#part", line: 3 },
  ]);
  expect([...page.anchors]).toEqual(["a-title-with-code"]);
  expect(page.code.map(({ text }) => text)).toEqual(["code", "[three](c.md)"]);
  expect(page.commands).toEqual([
    { text: "pnpm run build", line: 6 },
    { text: "[four](d.md)", line: 7 },
  ]);
});

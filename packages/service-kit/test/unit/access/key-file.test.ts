// A bug here goes on serving a key that was taken out, or locks everybody out because a file was being written.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type KeyEntry, makeApiKey } from "../../../src/access/api-keys.ts";
import { KeyFile } from "../../../src/access/key-file.ts";
import { ConfigError } from "../../../src/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "riffle-keys-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fileOf = (content: unknown): string => {
  const path = join(folder, "rotated.json");
  writeFileSync(path, JSON.stringify(content));
  return path;
};

describe("a file of keys", () => {
  it("is judged by the newest file that can be read", () => {
    const writer = makeApiKey({ name: "shop", scopes: ["transactions:write"] });
    const path = fileOf({ keys: [writer.entry] });
    const lines: unknown[] = [];
    const log = { info: (line: unknown) => lines.push(line), error: (line: unknown) => lines.push(line) };
    const file = new KeyFile(path, log as never);
    const next = makeApiKey({ name: "shop", scopes: ["transactions:write"] });
    const write = (keys: readonly KeyEntry[]) => fileOf({ keys });
    write([writer.entry, next.entry]);
    file.reload();
    expect([file.keys.check(writer.key, 0).kind, file.keys.check(next.key, 0).kind]).toEqual([
      "known",
      "known",
    ]);
    writeFileSync(path, '{"keys":[');
    file.reload();
    expect(file.keys.check(next.key, 0).kind).toBe("known");
    write([next.entry]);
    file.reload();
    expect([file.keys.check(writer.key, 0).kind, file.keys.check(next.key, 0).kind]).toEqual([
      "refused",
      "known",
    ]);
    expect(JSON.stringify(lines)).not.toContain(next.entry.sha256);
    file.close();
  });

  it("is a fault of the configuration when it cannot be used at the start", () => {
    const log = { info: () => undefined, error: () => undefined };
    expect(() => new KeyFile(join(folder, "none.json"), log as never)).toThrow(ConfigError);
    expect(() => new KeyFile(fileOf({ keys: 1 }), log as never)).toThrow(ConfigError);
  });
});

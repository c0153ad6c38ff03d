// A bug here lets somebody in with a guessed, changed or expired key, or locks out one of two keys during a rotation.

import { describe, expect, it } from "vitest";
import { ApiKeys, type KeyEntry, makeApiKey } from "../../../src/access/api-keys.ts";

const shop = { name: "shop", scopes: ["transactions:write"] as const };
const fileOf = (...keys: readonly KeyEntry[]): string => JSON.stringify({ keys });

describe("a key", () => {
  it("is known by its digest, and not by any of 2,000 changes of one character", () => {
    const { key, entry } = makeApiKey(shop);
    const keys = ApiKeys.parse(fileOf(entry));
    expect(key).toMatch(/^rfl_[a-z0-9]{8}_[A-Za-z0-9_-]{43}$/);
    expect(fileOf(entry)).not.toContain(key.slice(13));
    expect(keys.check(key, 0)).toMatchObject({ kind: "known", identity: { name: "shop" } });
    for (let i = 0; i < 2_000; i++) {
      const at = i % key.length;
      const changed = key.slice(0, at) + String.fromCharCode(48 + (i % 75)) + key.slice(at + 1);
      expect(keys.check(changed, 0).kind === "known").toBe(changed === key);
    }
    for (const other of ["", "rfl_", key.slice(0, -1), `${key}x`, key.toUpperCase(), entry.sha256]) {
      expect(keys.check(other, 0).kind).toBe("refused");
    }
  });

  it("has a successor of the same name, and both are valid until the first is taken out", () => {
    const [first, second] = [makeApiKey(shop), makeApiKey(shop)];
    const both = ApiKeys.parse(fileOf(first.entry, second.entry));
    expect([both.check(first.key, 0).kind, both.check(second.key, 0).kind]).toEqual(["known", "known"]);
    const after = ApiKeys.parse(fileOf(second.entry));
    expect([after.check(first.key, 0).kind, after.check(second.key, 0).kind]).toEqual(["refused", "known"]);
  });

  it("ends at its time, to the millisecond", () => {
    const { key, entry } = makeApiKey({ ...shop, expiresAt: "2026-03-01T12:00:00.000Z" });
    const keys = ApiKeys.parse(fileOf(entry));
    const endsAtMs = Date.parse("2026-03-01T12:00:00.000Z");
    expect(keys.check(key, endsAtMs - 1).kind).toBe("known");
    expect(keys.check(key, endsAtMs).kind).toBe("refused");
  });
});

describe("a file of keys is refused as a whole", () => {
  const { entry } = makeApiKey(shop);
  it.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["a key in the clear", fileOf({ ...entry, key: "rfl_x" } as KeyEntry)],
    ["a digest that is none", fileOf({ ...entry, sha256: "secret" })],
    ["an unknown scope", JSON.stringify({ keys: [{ ...entry, scopes: ["everything"] }] })],
    ["no scope", fileOf({ ...entry, scopes: [] })],
    ["a prefix twice", fileOf(entry, entry)],
    ["a time that is none", fileOf({ ...entry, expiresAt: "tomorrow" })],
    ["a time of whatever zone", fileOf({ ...entry, expiresAt: "2027-01-01T00:00:00" })],
    ["a date", fileOf({ ...entry, expiresAt: "01/02/2027" })],
  ])("for %s, without showing it", (_, text) => {
    let message = "";
    try {
      ApiKeys.parse(text);
    } catch (error) {
      message = String(error);
    }
    expect(message).not.toBe("");
    expect(message).not.toContain(entry.sha256);
  });
});

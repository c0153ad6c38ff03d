// A bug here lets one stranger lock everybody out, or one line of the internet count as any number of them.

import { BlockList } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { networkOf, Tries } from "../../../src/access/tries.ts";
import { keys, openGate, startMs } from "./gate.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const gate of open.splice(0)) await gate.close();
});
const gateOf = (...given: Parameters<typeof openGate>): ReturnType<typeof openGate> => {
  const gate = openGate(...given);
  open.push(gate);
  return gate;
};
type Gate = ReturnType<typeof openGate>;

/** Tries a key. @returns the status */
async function tried({ app }: Gate, key: string, from: string, forwardedFor?: string): Promise<number> {
  const headers: Record<string, string> =
    forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor };
  const payload = { key };
  const url = "/v1/session";
  return (await app.inject({ method: "POST", url, payload, headers, remoteAddress: from })).statusCode;
}

/** Uses up all tries of a network with bad keys. */
async function usedUp(gate: Gate, from: string, forwardedFor?: string): Promise<void> {
  for (let n = 0; n < 10; n++) expect(await tried(gate, "bad", from, forwardedFor)).toBe(401);
  expect(await tried(gate, "bad", from, forwardedFor)).toBe(429);
}

const good = keys.analyst.key;
const proxy = "10.0.3.7";
const behindProxy = { TRUSTED_PROXIES: ["10.0.3.0/24"] };

describe("a network", () => {
  const groups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
  const spelt = (parts: readonly number[]): string => parts.map((part) => part.toString(16)).join(":");
  /** The same address with its zeros in the middle left out, and in upper case. */
  const spelltOtherwise = (parts: readonly number[]): string => {
    const [a = 0, b = 0, c = 0, d = 0] = parts;
    const isShort = parts.slice(4, 7).every((part) => part === 0);
    return isShort
      ? `${spelt([a, b, c, d])}::${spelt(parts.slice(7))}`.toUpperCase()
      : spelt(parts).toUpperCase();
  };

  it("of an IPv6 address is its first 64 bits, however it is written", () => {
    const near = groups.chain((one) =>
      fc.tuple(
        fc.constant(one),
        fc.oneof(
          groups,
          groups.map((other) => [...one.slice(0, 4), ...other.slice(4)]),
          fc.nat(0xffff).map((last) => [...one.slice(0, 4), 0, 0, 0, last]),
          fc.nat(7).map((at) => one.with(at, (one[at] ?? 0) ^ 1)),
        ),
      ),
    );
    fc.assert(
      fc.property(near, ([one, other]) => {
        const oracle = new BlockList();
        oracle.addSubnet(spelt(one), 64, "ipv6");
        const isSame = oracle.check(spelt(other), "ipv6");
        expect(networkOf(spelltOtherwise(other)) === networkOf(spelt(one))).toBe(isSame);
      }),
    );
  });

  it.each([
    ["203.0.113.9", "203.0.113.9"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["2001:db8::203.0.113.9", "2001:db8:0:0::/64"],
    ["", ""],
    ["no address", "no address"],
  ])("of %j is %j", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it("may try ten times at once, then every five seconds, and what is given back does not count", () => {
    let nowMs = startMs;
    const tries = new Tries(() => nowMs);
    for (let n = 0; n < 10; n++) expect(tries.charge("203.0.113.9")).toBe(0);
    expect(tries.charge("203.0.113.9")).toBe(5);
    tries.giveBack("203.0.113.9");
    expect(tries.charge("203.0.113.9")).toBe(0);
    expect(tries.charge("203.0.113.9")).toBe(5);
    nowMs += 5_000;
    expect(tries.charge("203.0.113.9")).toBe(0);
    for (let n = 0; n < 30; n++) tries.giveBack("203.0.113.9");
    for (let n = 0; n < 10; n++) expect(tries.charge("203.0.113.9")).toBe(0);
    expect(tries.charge("203.0.113.9")).toBe(5);
  });
});

describe("a good key", () => {
  it("costs nothing, however often it is shown", async () => {
    const gate = gateOf();
    for (let n = 0; n < 30; n++) expect(await tried(gate, good, "203.0.113.9")).toBe(200);
    await usedUp(gate, "203.0.113.9");
  });

  it("of another service costs nothing either: it is no guess", async () => {
    const gate = gateOf();
    for (let n = 0; n < 30; n++) expect(await tried(gate, keys.shop.key, "203.0.113.9")).toBe(403);
    await usedUp(gate, "203.0.113.9");
  });

  it("is let in though its network has used up its tries: nobody locks others out", async () => {
    const gate = gateOf();
    await usedUp(gate, "203.0.113.9");
    expect(await tried(gate, good, "203.0.113.9")).toBe(200);
    expect(await tried(gate, "bad", "203.0.113.9")).toBe(429);
  });
});

describe("behind a proxy", () => {
  it("that is trusted, each is charged for what he tried", async () => {
    const gate = gateOf(behindProxy);
    await usedUp(gate, proxy, "203.0.113.9");
    expect(await tried(gate, "bad", proxy, "203.0.113.10")).toBe(401);
    expect(await tried(gate, "bad", proxy, "203.0.113.9")).toBe(429);
  });

  it("a client that writes addresses before its own is charged under its own", async () => {
    const gate = gateOf(behindProxy);
    for (let n = 0; n < 10; n++)
      expect(await tried(gate, "bad", proxy, `198.51.100.${n}, 10.0.3.9, 203.0.113.9`)).toBe(401);
    expect(await tried(gate, "bad", proxy, "198.51.100.77, 203.0.113.9")).toBe(429);
    expect(await tried(gate, "bad", proxy, "198.51.100.0")).toBe(401);
  });

  it("two that are trusted in a row are both passed over", async () => {
    const gate = gateOf(behindProxy);
    await usedUp(gate, proxy, "203.0.113.9, 10.0.3.8");
    expect(await tried(gate, "bad", "10.0.3.9", "203.0.113.9")).toBe(429);
    expect(await tried(gate, "bad", proxy, "203.0.113.10, 10.0.3.8")).toBe(401);
  });

  it.each<[string, Parameters<typeof openGate>[0]]>([
    ["that is not the trusted one", behindProxy],
    ["where none is trusted", {}],
  ])("%s, X-Forwarded-For counts for nothing", async (_, config) => {
    const gate = gateOf(config);
    for (let n = 0; n < 10; n++) expect(await tried(gate, "bad", "203.0.113.9", `198.51.100.${n}`)).toBe(401);
    expect(await tried(gate, "bad", "203.0.113.9", "198.51.100.77")).toBe(429);
    // Nor is anybody charged whose address was written there.
    expect(await tried(gate, "bad", "198.51.100.0")).toBe(401);
  });
});

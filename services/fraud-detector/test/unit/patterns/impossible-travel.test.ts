// A bug here lets a copied card be used on two continents, or accuses a traveller of having landed.

import type { Transaction } from "@riffle/contracts";
import { inspectPattern } from "@riffle/streams";
import { describe, expect, it } from "vitest";
import { distanceKm, longestKm } from "../../../src/geography.ts";
import { impossibleTravelPattern, impossibleTravelStore } from "../../../src/patterns/impossible-travel.ts";
import { hourMs, minuteMs, noonMs, RuleHarness, transaction } from "../detector.ts";

const matches = (...transactions: readonly Transaction[]): Promise<string[]> =>
  new RuleHarness("impossible-travel").feed(...transactions);

const lisbon = { latitude: 38.7223, longitude: -9.1393 };
const lima = { latitude: -12.0464, longitude: -77.0428 };
const porto = { latitude: 41.1579, longitude: -8.6291 };

const at = (id: string, afterMs: number, fields: Partial<Transaction>): Transaction =>
  transaction(id, afterMs, { channel: "card_present", ...fields });

describe("the distance on the earth", () => {
  it.each([
    [lisbon, lisbon, 0],
    [{ latitude: 52.52, longitude: 13.405 }, { latitude: 40.7128, longitude: -74.006 }, 6_385],
    [{ latitude: 0, longitude: 179 }, { latitude: 0, longitude: -179 }, 222],
    [{ latitude: 90, longitude: 0 }, { latitude: -90, longitude: 120 }, 20_015],
    [{ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 180 }, 20_015],
  ])("from %o to %o is %d km", (a, b, km) => {
    expect(Math.round(distanceKm(a, b))).toBe(km);
    expect(distanceKm(b, a)).toBe(distanceKm(a, b));
  });

  it("is never more than half a great circle", () => {
    expect(distanceKm({ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 180 })).toBeLessThanOrEqual(
      longestKm,
    );
  });
});

describe("impossible travel", () => {
  it("keeps constant state", () => {
    const parameters = { kmhMax: 900, kmMin: 500, countriesWithinMs: hourMs };
    expect(inspectPattern(impossibleTravelPattern(parameters))).toMatchObject({
      unboundedState: [],
      unreachableSteps: [],
      statePerKey: { kind: "constant" },
    });
  });

  it("two places that no flight joins in the time between match", async () => {
    const harness = new RuleHarness("impossible-travel");
    expect(
      await harness.feed(
        at("a", 0, { ...lisbon, country: "PT" }),
        at("b", 40 * minuteMs, { ...lima, country: "PE", channel: "atm" }),
      ),
    ).toEqual(["a b"]);
    expect(harness.steps).toEqual(["here there"]);
    expect(harness.reasons).toEqual(["card at hand in PT and, 40 min later, 9,007 km away in PE"]);
  });

  it.each(["online", "transfer", undefined] as const)(
    "a transaction by channel %s says nothing about a place (I1)",
    async (channel) => {
      const there = transaction("b", minuteMs, { ...lima, ...(channel ? { channel } : {}) });
      expect(await matches(at("a", 0, lisbon), there)).toEqual([]);
    },
  );

  it("what has no place is not looked at, not even as one in between (I1)", async () => {
    const between = [at("x", 1, {}), transaction("y", 2, { channel: "online", country: "JP" })];
    expect(await matches(at("a", 0, lisbon), ...between, at("b", minuteMs, lima))).toEqual(["a b"]);
  });

  it("exactly 900 km/h is possible, a millisecond less time is not (I2)", async () => {
    const flightMs = Math.ceil((distanceKm(lisbon, lima) / 900) * hourMs);
    expect(await matches(at("a", 0, lisbon), at("b", flightMs, lima))).toEqual([]);
    expect(await matches(at("a", 0, lisbon), at("b", flightMs - 1, lima))).toEqual(["a b"]);
  });

  it("a distance up to IMPOSSIBLE_TRAVEL_KM_MIN is possible in no time (I2)", async () => {
    const km = Math.floor(distanceKm(lisbon, porto));
    const pair = [at("a", 0, lisbon), at("b", 0, porto)];
    expect(km).toBe(274);
    expect(await matches(...pair)).toEqual([]);
    const withMin = (min: number) =>
      new RuleHarness("impossible-travel", { IMPOSSIBLE_TRAVEL_KM_MIN: String(min) }).feed(...pair);
    expect(await withMin(km)).toEqual(["a b"]);
    expect(await withMin(km + 1)).toEqual([]);
  });

  it("coordinates decide before countries do (I2)", async () => {
    const here = { country: "PT", latitude: 41.88, longitude: -8.85 };
    const there = { country: "ES", latitude: 41.9, longitude: -8.87 };
    expect(await matches(at("a", 0, here), at("b", minuteMs, there))).toEqual([]);
    const sameCountry = [
      at("a", 0, { ...lisbon, country: "PT" }),
      at("b", minuteMs, { ...lima, country: "PT" }),
    ];
    expect(await matches(...sameCountry)).toEqual(["a b"]);
  });

  it("without coordinates: two countries exactly 60 minutes apart match, a millisecond more does not (I3)", async () => {
    expect(await matches(at("a", 0, { country: "PT" }), at("b", hourMs, { country: "PE" }))).toEqual(["a b"]);
    expect(await matches(at("a", 0, { country: "PT" }), at("b", hourMs + 1, { country: "PE" }))).toEqual([]);
    expect(await matches(at("a", 0, { country: "PT" }), at("b", 1, { country: "PT" }))).toEqual([]);
  });

  it("coordinates of one alone are not enough: the countries decide, and without both nothing does (I3)", async () => {
    expect(await matches(at("a", 0, { ...lisbon, country: "PT" }), at("b", 1, { country: "PE" }))).toEqual([
      "a b",
    ]);
    expect(await matches(at("a", 0, lisbon), at("b", 1, { country: "PE" }))).toEqual([]);
  });

  it("each transaction is compared with the one before it that has a place (I4)", async () => {
    const series = [at("a", 0, lisbon), at("b", minuteMs, lisbon), at("c", 2 * minuteMs, lima)];
    expect(await matches(...series)).toEqual(["b c"]);
  });

  it("after a match the account starts afresh (I5)", async () => {
    const places = [lisbon, lima, lisbon, lima];
    const series = places.map((place, i) => at(`t${i}`, i * minuteMs, place));
    expect(await matches(...series)).toEqual(["t0 t1", "t2 t3"]);
  });

  it("a transaction out of order stands in its place: it breaks one pair and makes another", async () => {
    const [a, b, c] = [at("a", 0, lisbon), at("b", 5_000, lima), at("c", 9_000, lima)];
    expect(await matches(a, c, b)).toEqual(["a c", "-a c", "a b"]);
    expect(await matches(c, a)).toEqual(["a c"]);
  });

  it("accounts do not mix", async () => {
    expect(await matches(at("a", 0, lisbon), at("b", 1, { ...lima, accountId: "acc_7" }))).toEqual([]);
  });

  it("what is remembered is gone once the longest flight has landed", async () => {
    const harness = new RuleHarness("impossible-travel");
    await harness.feed(at("a", 0, lisbon));
    const flightMs = (longestKm / 900) * hourMs;
    await harness.driver.advanceStreamTime(Math.floor(noonMs + flightMs));
    expect(harness.driver.store(impossibleTravelStore).size).toBe(1);
    await harness.driver.advanceStreamTime(Math.ceil(noonMs + flightMs + 2 * 30_000 + 3));
    expect(harness.driver.store(impossibleTravelStore).size).toBe(0);
  });
});

// A bug here starts the detector with a pattern that cannot match.

import { loadConfig } from "@riffle/service-kit";
import { expect, it } from "vitest";
import { cardTestingRules, fraudDetectorConfig, fraudDetectorRelations } from "../../src/config.ts";
import { defaultRules } from "./purchases.ts";

const load = (env: Record<string, string>) =>
  loadConfig(fraudDetectorConfig, {
    env: { KAFKA_BROKERS: "127.0.0.1:9092", ...env },
    relations: fraudDetectorRelations,
  });

it("the defaults are the pattern as it is told", () => {
  expect(cardTestingRules(load({}))).toEqual(defaultRules);
});

it("a small limit above the large one is refused, an equal one is not", () => {
  expect(() => load({ CARD_TESTING_SMALL_BELOW: "1001" })).toThrow(/CARD_TESTING_SMALL_BELOW/);
  expect(cardTestingRules(load({ CARD_TESTING_SMALL_BELOW: "1000" })).smallBelow).toBe(1_000);
});

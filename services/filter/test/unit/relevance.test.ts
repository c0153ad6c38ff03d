// A bug here screens what is none of the patterns' business, or keeps from them what is.

import { transactionTypes } from "@riffle/contracts";
import { loadConfig } from "@riffle/service-kit";
import { describe, expect, it } from "vitest";
import { filterConfig, relevantTypesDefault } from "../../src/config.ts";
import { irrelevance } from "../../src/relevance.ts";
import { noonMs, transaction } from "./received.ts";

const required = { KAFKA_BROKERS: "127.0.0.1:9092" };

describe("relevance", () => {
  it("purchases, withdrawals and transfers are relevant unless configured, deposits and refunds are not", () => {
    const relevant = transactionTypes.filter(
      (type) =>
        irrelevance(transaction("t1", noonMs, { type }), { relevantTypes: relevantTypesDefault }) ===
        undefined,
    );
    expect(relevant).toEqual(["purchase", "withdrawal", "transfer"]);
  });

  it("the reason names the type and those that are screened", () => {
    const refund = transaction("t1", noonMs, { type: "refund" });
    expect(irrelevance(refund, { relevantTypes: ["purchase"] })).toBe(
      "Transactions of type refund are not screened; those of type purchase are.",
    );
  });
});

describe("the filter's configuration", () => {
  it("has defaults for everything but the brokers", () => {
    const config = loadConfig(filterConfig, { env: required });
    expect([config.DEDUP_HORIZON_MS, config.RELEVANT_TYPES]).toEqual([86_400_000, [...relevantTypesDefault]]);
  });

  it("refuses an unknown type", () => {
    const env = { ...required, RELEVANT_TYPES: "purchase,payment" };
    expect(() => loadConfig(filterConfig, { env })).toThrow(/RELEVANT_TYPES/);
  });
});

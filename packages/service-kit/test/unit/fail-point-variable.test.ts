// A bug here ends a fault test before it began: the engine knows an order that the configuration refuses, or a process starts
// with one that it then cannot carry out.

import { failPoints, parseFailPoint } from "@riffle/streams";
import { Type } from "typebox";
import { expect, it } from "vitest";
import { baseConfig } from "../../src/base-config.ts";
import { loadConfig } from "../../src/config.ts";

const schema = Type.Object({ ...baseConfig });

const isTaken = (order: string): boolean => {
  try {
    loadConfig(schema, { env: { KAFKA_BROKERS: "127.0.0.1:9092", RIFFLE_FAILPOINT: order } });
    return true;
  } catch {
    return false;
  }
};

const isKnown = (order: string): boolean => {
  try {
    parseFailPoint(order);
    return true;
  } catch {
    return false;
  }
};

it("RIFFLE_FAILPOINT takes what the engine knows, at every place with every action, and nothing else", () => {
  const actions = ["kill", "pause", "throw", "hold", "explode"];
  const orders = [...failPoints, "nowhere"].flatMap((point) =>
    actions.flatMap((action) => ["", ":1", ":12", ":0"].map((hit) => `${point}:${action}${hit}`)),
  );
  expect(orders.filter(isTaken)).toEqual(orders.filter(isKnown));
  expect(orders.filter(isTaken)).toContain("before-restore:hold");
});

// A bug here calls a variable wrong that every service takes, or says nothing of one that ends them all.

import { expect, it } from "vitest";
import { lookAtMachine, lookAtVariables } from "../../../src/doctor/look-at-machine.ts";

it("variables that are set and that a service would not take are found, once each, with the rule and not the value", async () => {
  const found = await lookAtVariables({
    ADMIN_PORT: "s3cret",
    RELEVANT_TYPES: "purchase,gift",
    KAFKA_BROKERS: "127.0.0.1:9092",
    PATH: "/bin",
  });
  expect(found.map(({ variable, service }) => [variable, service])).toEqual([
    ["ADMIN_PORT", "ingest"],
    ["RELEVANT_TYPES", "filter"],
  ]);
});

it("an environment that sets nothing of ours has no fault: the services have theirs elsewhere", async () => {
  expect(await lookAtVariables({})).toEqual([]);
});

it("the Node of the machine is the one that runs", async () => {
  expect((await lookAtMachine()).nodeVersion).toBe(process.version);
});

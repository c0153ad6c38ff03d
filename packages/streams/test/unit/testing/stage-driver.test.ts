// A bug here makes every test of a service lie: what passes without a broker fails on one.

import { describe, expect, it } from "vitest";
import { StageDriver } from "../../../src/testing/stage-driver.ts";
import { countStage, counts, forget, poison } from "../../harness/count-stage.ts";
import { headersOf, rawRecord, textOf } from "../../harness/records.ts";

const driven = () => {
  const { stage, input, output } = countStage({ service: "s" });
  return { driver: new StageDriver(stage, { partition: 4 }), input, output };
};

const record = (key: string, value: string, timestampMs: number) => ({ key, value, timestampMs });

describe("what a stage emits", () => {
  it("is read back with the topic's codec, in order, with its headers", async () => {
    const { driver, input, output } = driven();
    await driver.send(input, record("a", "x", 1), { ...record("a", "y", 2), headers: { traceparent: "t" } });
    expect(driver.emitted(output)).toEqual([
      { key: "a", value: "x:1", timestampMs: 1, headers: { schema: "text/1" } },
      { key: "a", value: "y:2", timestampMs: 2, headers: { schema: "text/1", traceparent: "t" } },
    ]);
    expect(driver.rawEmitted(output.name).map(({ partition }) => partition)).toEqual([4, 4]);
  });

  it("does not show changelog records among its outputs", async () => {
    const { driver, input } = driven();
    await driver.send(input, record("a", "x", 1));
    expect(driver.rawEmitted("s-counts-changelog")).toEqual([]);
    expect(driver.store(counts).get("a")).toBe(1);
  });

  it("shows a dead letter of raw bytes, with consecutive offsets over several sends", async () => {
    const { driver, input } = driven();
    await driver.send(input, record("a", "x", 1));
    await driver.sendRaw(input.name, rawRecord(0, "k", poison));
    const [letter] = driver.rawEmitted("s-dlq");
    expect(letter?.value).toEqual(poison);
    expect(headersOf(letter?.headers ?? [])).toMatchObject({ "kafka_dlt-original-offset": "1" });
  });
});

describe("a restart", () => {
  it("keeps what was committed: state, removed keys and stream time", async () => {
    const { driver, input, output } = driven();
    await driver.send(input, record("a", "x", 10), record("b", "y", 20), record("b", forget, 15));
    await driver.advanceStreamTime(70);
    driver.restart();
    expect(driver.streamTimeMs).toBe(70);
    expect([...driver.store(counts).entries()]).toEqual([["a", 1]]);
    await driver.send(input, record("a", "x", 30), record("b", "y", 30));
    expect(driver.emitted(output).map(({ value }) => value)).toEqual([
      "x:1",
      "y:1",
      "forget:0",
      "x:2",
      "y:1",
    ]);
    expect(driver.streamTimeMs).toBe(70);
  });

  it("goes on counting offsets", async () => {
    const { driver, input } = driven();
    await driver.send(input, record("a", "x", 1), record("a", "x", 2));
    driver.restart();
    await driver.sendRaw(input.name, rawRecord(0, "k", poison));
    const [letter] = driver.rawEmitted("s-dlq");
    expect(headersOf(letter?.headers ?? [])["kafka_dlt-original-offset"]).toBe("2");
  });

  it("after every record gives what one run gives", async () => {
    const keys = ["a", "b", "a", "c", "a", "b"];
    const [steady, restarted] = [driven(), driven()];
    for (const [at, key] of keys.entries()) {
      await steady.driver.send(steady.input, record(key, "v", at));
      await restarted.driver.send(restarted.input, record(key, "v", at));
      restarted.driver.restart();
    }
    const bytesOf = ({ driver, output }: typeof steady) =>
      driver.rawEmitted(output.name).map(({ key, value }) => [textOf(key), textOf(value)]);
    expect(bytesOf(restarted)).toEqual(bytesOf(steady));
  });
});

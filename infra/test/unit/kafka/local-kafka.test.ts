// A bug here looks like this: a misspelt KAFKA_BROKERS, and a test run that quietly uses another Kafka.

import { afterEach, describe, expect, it, vi } from "vitest";
import { parseJavaVersion } from "../../../kafka/java.ts";
import { startKafka } from "../../../kafka/local-kafka.ts";

afterEach(() => vi.unstubAllEnvs());

describe("finding a Kafka", () => {
  it("fails on a named broker that does not answer, and starts no other", async () => {
    vi.stubEnv("KAFKA_BROKERS", "127.0.0.1:1");
    vi.stubEnv("RIFFLE_KAFKA", "");
    await expect(startKafka()).rejects.toMatchObject({
      code: "KAFKA_UNREACHABLE",
      message: expect.stringContaining("127.0.0.1:1"),
    });
  });

  it("refuses a source that does not exist", async () => {
    vi.stubEnv("RIFFLE_KAFKA", "dokcer");
    await expect(startKafka()).rejects.toMatchObject({
      code: "KAFKA_SOURCE_INVALID",
      message: 'RIFFLE_KAFKA is "dokcer"; it may be env, docker, jvm, memory or auto',
    });
  });

  it("says what to install when there is nothing", async () => {
    vi.stubEnv("KAFKA_BROKERS", "");
    vi.stubEnv("RIFFLE_KAFKA", "");
    vi.stubEnv("DOCKER_HOST", "unix:///nowhere/docker.sock");
    vi.stubEnv("JAVA_HOME", "/nowhere");
    const error = await startKafka().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "KAFKA_NOT_FOUND" });
    const { message } = error as Error;
    for (const part of [
      "/nowhere/docker.sock",
      "no java in JAVA_HOME",
      "start Docker",
      "install Java 17",
      "set KAFKA_BROKERS",
    ]) {
      expect(message).toContain(part);
    }
  });

  it("takes a broker in memory where there is nothing, for who said that it will do", async () => {
    vi.stubEnv("KAFKA_BROKERS", "");
    vi.stubEnv("RIFFLE_KAFKA", "");
    vi.stubEnv("DOCKER_HOST", "unix:///nowhere/docker.sock");
    vi.stubEnv("JAVA_HOME", "/nowhere");
    const said: string[] = [];
    const kafka = await startKafka({ orInMemory: true, onProgress: (line) => said.push(line) });
    expect(kafka.source).toBe("memory");
    expect(said[0]).toContain("no java in JAVA_HOME; a broker in memory will do");
    await kafka.stop();
    await kafka.stop();
  });

  it.each([{}, { orInMemory: true, brokers: 3 as const }, { orInMemory: true, dataDir: "kept" }])(
    "gives no model of Kafka to who asked for Kafka: %o",
    async (options) => {
      vi.stubEnv("RIFFLE_KAFKA", "memory");
      await expect(startKafka(options)).rejects.toMatchObject({ code: "KAFKA_SOURCE_INVALID" });
    },
  );

  it("does not put three brokers into one container", async () => {
    await expect(startKafka({ source: "docker", brokers: 3 })).rejects.toMatchObject({
      code: "KAFKA_NOT_FOUND",
    });
  });
});

describe("java -version", () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['java version "1.8.0_402"', 8],
    ['openjdk version "21" 2023-09-19', 21],
    ["something else", undefined],
  ])("%s is %s", (output, expected) => {
    expect(parseJavaVersion(output)).toBe(expected);
  });
});

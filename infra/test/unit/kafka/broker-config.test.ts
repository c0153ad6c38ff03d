// A bug here looks like this: tests pass on one broker and lose records on three, because a topic had one copy.

import { describe, expect, it } from "vitest";
import { brokerSettings, toContainerEnvironment, toProperties } from "../../../kafka/broker-config.ts";

function settingsFor(brokers: 1 | 3) {
  return brokerSettings({
    nodeId: 1,
    brokers,
    listeners: {
      bind: "BROKER://127.0.0.1:20001,CONTROLLER://127.0.0.1:20002",
      advertised: "BROKER://127.0.0.1:20001",
      interBroker: "BROKER",
      names: ["BROKER", "CONTROLLER"],
    },
    quorumVoters: ["1@127.0.0.1:20002", "2@127.0.0.1:20004"],
    logDir: "/data",
  });
}

function replicationOf(settings: Record<string, string>) {
  const names = Object.keys(settings).filter((name) => /replication\.factor|min\.isr|min\.insync/.test(name));
  return Object.fromEntries(names.map((name) => [name, settings[name]]));
}

describe("broker settings", () => {
  it("keep three copies of everything on three brokers and need two for a write", () => {
    expect(replicationOf(settingsFor(3))).toEqual({
      "default.replication.factor": "3",
      "min.insync.replicas": "2",
      "offsets.topic.replication.factor": "3",
      "transaction.state.log.replication.factor": "3",
      "transaction.state.log.min.isr": "2",
      "share.coordinator.state.topic.replication.factor": "3",
      "share.coordinator.state.topic.min.isr": "2",
    });
  });

  it("ask for no copy that one broker cannot keep", () => {
    expect(new Set(Object.values(replicationOf(settingsFor(1))))).toEqual(new Set(["1"]));
  });

  it("never create a topic that nobody asked for", () => {
    expect(settingsFor(1)["auto.create.topics.enable"]).toBe("false");
  });

  it("make a node broker and controller of the same quorum", () => {
    expect(settingsFor(3)).toMatchObject({
      "process.roles": "broker,controller",
      "controller.quorum.voters": "1@127.0.0.1:20002,2@127.0.0.1:20004",
      "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
    });
  });

  it("leave out the advertised address when it is not known yet", () => {
    const settings = brokerSettings({
      nodeId: 1,
      brokers: 1,
      listeners: { bind: "HOST://:9092", advertised: undefined, interBroker: "HOST", names: ["HOST"] },
      quorumVoters: ["1@localhost:9093"],
      logDir: "/data",
    });
    expect(settings).not.toHaveProperty("advertised.listeners");
  });

  it("double the backslashes of a Windows path in the file", () => {
    expect(toProperties({ "log.dirs": "C:\\riffle\\data", "node.id": "1" })).toBe(
      "log.dirs=C:\\\\riffle\\\\data\nnode.id=1\n",
    );
  });

  it("become the variables that the container image knows", () => {
    expect(toContainerEnvironment({ "log.dirs": "/data", listeners: "HOST://:9092" })).toEqual({
      KAFKA_LOG_DIRS: "/data",
      KAFKA_LISTENERS: "HOST://:9092",
    });
  });
});

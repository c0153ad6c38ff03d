// A bug here makes a fault test prove nothing: a proxy that drops what it should hold, or lets a request through that
// it was told to harm.

import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FrameSplitter } from "../../../faults/frames.ts";
import { KafkaProxy } from "../../../faults/kafka-proxy.ts";
import { freePorts } from "../../../kafka/ports.ts";
import { requestFrame, ToyBroker } from "./toy-broker.ts";

let broker: ToyBroker;
let proxy: KafkaProxy;
const clients: Client[] = [];

/** A connection through the proxy. */
class Client {
  readonly socket: Socket;
  readonly answers: string[] = [];
  readonly closed: Promise<unknown>;

  constructor() {
    this.socket = createConnection(proxy.port, "127.0.0.1");
    this.closed = once(this.socket, "close");
    const splitter = new FrameSplitter();
    this.socket.on("error", () => undefined);
    this.socket.on("data", (bytes: Buffer) => {
      for (const frame of splitter.push(bytes))
        this.answers.push(`${frame.readInt32BE(4)}: ${frame.toString("utf8", 8)}`);
    });
    clients.push(this);
  }

  ask(api: "EndTxn" | "Produce" | "Heartbeat", correlationId: number, clientId = "client"): void {
    this.socket.write(requestFrame(api, correlationId, clientId));
  }
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};

beforeEach(async () => {
  broker = await ToyBroker.listen();
  const [port = 0] = await freePorts(1);
  proxy = await KafkaProxy.listen(port, broker.address);
});

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await proxy.close();
  await broker.close();
});

describe("without a fault", () => {
  it("requests are counted by client and kind", async () => {
    const client = new Client();
    client.ask("Produce", 1, "a");
    client.ask("EndTxn", 2, "a");
    client.ask("Produce", 3, "a");
    client.ask("Produce", 4, "b");
    await until(() => client.answers.length === 4);
    expect(proxy.requests).toEqual([
      { clientId: "a", api: "Produce", count: 2 },
      { clientId: "a", api: "EndTxn", count: 1 },
      { clientId: "b", api: "Produce", count: 1 },
    ]);
  });

  it("requests and answers pass, in order", async () => {
    const client = new Client();
    for (const id of [1, 2, 3]) client.ask("Produce", id);
    await until(() => client.answers.length === 3);
    expect(client.answers).toEqual(["1: answer 1", "2: answer 2", "3: answer 3"]);
  });
});

describe("hold", () => {
  it("a request waits until the release, and what follows it on its connection waits behind it", async () => {
    const fault = proxy.inject({ api: "EndTxn", of: "request", action: { kind: "hold" } });
    const client = new Client();
    client.ask("EndTxn", 1);
    client.ask("Heartbeat", 2);
    await fault.hit;
    const other = new Client();
    other.ask("Heartbeat", 3);
    await until(() => other.answers.length === 1);
    expect(broker.seen).toEqual(["Heartbeat 3"]);
    fault.release();
    await until(() => client.answers.length === 2);
    expect(broker.seen).toEqual(["Heartbeat 3", "EndTxn 1", "Heartbeat 2"]);
  });

  it("a held request reaches the broker after its client has gone", async () => {
    const fault = proxy.inject({ api: "EndTxn", of: "request", action: { kind: "hold" } });
    const client = new Client();
    client.ask("EndTxn", 1);
    await fault.hit;
    client.socket.destroy();
    await client.closed;
    const next = new Client();
    next.ask("Produce", 2);
    await until(() => next.answers.length === 1);
    fault.release();
    await until(() => broker.seen.length === 2);
    expect(broker.seen).toEqual(["Produce 2", "EndTxn 1"]);
  });

  it("an answer waits while its effect is there already", async () => {
    const fault = proxy.inject({ api: "EndTxn", of: "answer", action: { kind: "hold" } });
    const client = new Client();
    client.ask("EndTxn", 1);
    await fault.hit;
    expect([broker.seen, client.answers]).toEqual([["EndTxn 1"], []]);
    fault.release();
    await until(() => client.answers.length === 1);
  });
});

describe("drop", () => {
  it("a dropped request never arrives, and the connection goes on", async () => {
    proxy.inject({ api: "EndTxn", of: "request", action: { kind: "drop" } });
    const client = new Client();
    client.ask("EndTxn", 1);
    client.ask("Heartbeat", 2);
    await until(() => client.answers.length === 1);
    expect(broker.seen).toEqual(["Heartbeat 2"]);
  });

  it("only as many frames as it was told to, and only of the client it was told of", async () => {
    const fault = proxy.inject({
      api: "Produce",
      of: "answer",
      action: { kind: "drop" },
      client: "filter",
      times: 2,
    });
    const client = new Client();
    client.ask("Produce", 1, "aggregator-0");
    for (const id of [2, 3, 4]) client.ask("Produce", id, "filter-0");
    await until(() => client.answers.length === 2);
    expect(client.answers.map((answer) => answer.slice(0, 1))).toEqual(["1", "4"]);
    expect([fault.hits, fault.isArmed]).toEqual([2, false]);
  });
});

describe("duplicate", () => {
  it("a doubled request arrives twice, and its client gets one answer", async () => {
    proxy.inject({ api: "EndTxn", of: "request", action: { kind: "duplicate" } });
    const client = new Client();
    client.ask("EndTxn", 1);
    client.ask("Heartbeat", 2);
    await until(() => client.answers.length === 2);
    expect(broker.seen).toEqual(["EndTxn 1", "EndTxn 1", "Heartbeat 2"]);
    expect(client.answers).toEqual(["1: answer 1", "2: answer 3"]);
  });
});

describe("disconnect and cut", () => {
  it("disconnect closes the connection instead of passing the frame on", async () => {
    proxy.inject({ api: "EndTxn", of: "answer", action: { kind: "disconnect" } });
    const client = new Client();
    client.ask("EndTxn", 1);
    await client.closed;
    expect([broker.seen, client.answers]).toEqual([["EndTxn 1"], []]);
  });

  it("a cut broker takes no connection until it is healed", async () => {
    const before = new Client();
    before.ask("Heartbeat", 1);
    await until(() => before.answers.length === 1);
    proxy.cut();
    await before.closed;
    await new Client().closed;
    proxy.heal();
    const after = new Client();
    after.ask("Heartbeat", 2);
    await until(() => after.answers.length === 1);
    expect(broker.seen).toEqual(["Heartbeat 1", "Heartbeat 2"]);
  });
});

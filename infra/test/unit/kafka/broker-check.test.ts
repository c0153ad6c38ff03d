// A bug here looks like this: a suite starts against a broker that has no controller yet, and its first test fails.

import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { askBroker, parseAddress } from "../../../kafka/broker-check.ts";

let server: Server | undefined;

afterEach(() => server?.close());

/** Listens, and answers each request with the next of `bodies`, in two pieces so that frames are put together. */
async function answering(...bodies: Buffer[]): Promise<string> {
  server = createServer((socket) => {
    const left = [...bodies];
    socket.on("error", () => undefined);
    socket.on("data", () => {
      const body = left.shift();
      if (body === undefined) {
        socket.end();
        return;
      }
      const size = Buffer.alloc(4);
      size.writeInt32BE(body.length);
      socket.write(Buffer.concat([size, body.subarray(0, 3)]));
      setImmediate(() => socket.write(body.subarray(3)));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const versionsAnswer = (errorCode: number) => Buffer.from([0, 0, 0, 1, 0, errorCode, 0, 0, 0, 0]);

/** Two brokers, one with a rack and one without; controller 2; no topics. */
const metadataAnswer = Buffer.concat([
  Buffer.from([0, 0, 0, 2, 0, 0, 0, 2]),
  Buffer.from([0, 0, 0, 1, 0, 1, 0x61, 0, 0, 0x23, 0x84, 0, 2, 0x72, 0x31]),
  Buffer.from([0, 0, 0, 2, 0, 1, 0x62, 0, 0, 0x23, 0x84, 0xff, 0xff]),
  Buffer.from([0, 0, 0, 2, 0, 0, 0, 0]),
]);

describe("asking a broker", () => {
  it("reads the brokers and the controller", async () => {
    const address = await answering(versionsAnswer(0), metadataAnswer);
    expect(await askBroker(address)).toEqual({ brokerIds: [1, 2], controllerId: 2 });
  });

  it("names the address when something else answers there", async () => {
    const address = await answering();
    await expect(askBroker(address)).rejects.toThrow(`Kafka at ${address}: it closed the connection`);
  });

  it("fails on an error code", async () => {
    await expect(askBroker(await answering(versionsAnswer(35)))).rejects.toThrow("error code 35");
  });

  it("gives up on a broker that is silent", async () => {
    server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(askBroker(address, 50)).rejects.toThrow("no answer within 50 ms");
  });
});

describe("an address", () => {
  it.each([
    ["kafka:9092", { host: "kafka", port: 9092 }],
    [" 127.0.0.1:1 ", { host: "127.0.0.1", port: 1 }],
    ["[::1]:9092", { host: "::1", port: 9092 }],
  ])("%s is host and port", (text, expected) => {
    expect(parseAddress(text)).toEqual(expected);
  });

  it.each(["kafka", "kafka:", "kafka:0", "kafka:65536", "http://kafka:9092", ":9092"])(
    "%s is refused",
    (text) => {
      expect(() => parseAddress(text)).toThrow(`"${text}" is not host:port`);
    },
  );
});

// A bug here lets whoever asks for much and reads none of it fill the memory of the console.

import { type AddressInfo, connect, type Socket } from "node:net";
import { createLogger } from "@riffle/service-kit";
import { afterEach, describe, expect, it } from "vitest";
import { buildServer } from "../../src/server.ts";
import { eventually } from "../harness/eventually.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe("a connection on which nothing moves", () => {
  it("is ended, also in the midst of an answer", async () => {
    const log = createLogger({ service: "console", instance: "test", level: "silent" });
    const app = buildServer({ log, guard: () => undefined, trustProxy: false });
    ends.push(() => app.close());
    // More than the system itself holds for a connection.
    app.get("/much", () => "x".repeat(64 << 20));
    expect(app.server.timeout).toBe(60_000);
    await app.listen({ host: "127.0.0.1", port: 0 });
    app.server.timeout = 100;
    const { port } = app.server.address() as AddressInfo;
    const client: Socket = connect(port, "127.0.0.1");
    ends.push(() => client.destroy());
    client.on("error", () => undefined);
    const connections = () =>
      new Promise<number>((resolve, reject) =>
        app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      );
    client.pause();
    client.write("GET /much HTTP/1.1\r\nhost: x\r\n\r\n");
    await eventually("it is connected", async () => (await connections()) === 1);
    await eventually("it is ended", async () => (await connections()) === 0);
  });
});

// A bug here looks like this: one run in fifty fails with "Address already in use".

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { freePorts, isPortFree } from "../../../kafka/ports.ts";

describe("ports", () => {
  it("that somebody listens on are not free, and are again after", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect(await isPortFree(port)).toBe(false);
    server.close();
    await once(server, "close");
    expect(await isPortFree(port)).toBe(true);
  });

  it("are given once, though nobody listens on them yet", async () => {
    // 600 of 6,000: by chance alone two would be the same, to all but 10^-13.
    const calls = await Promise.all(Array.from({ length: 50 }, () => freePorts(12)));
    expect(new Set(calls.flat()).size).toBe(600);
  });

  it("are all different, and below the range that outgoing connections use", async () => {
    const ports = await freePorts(12);
    expect(new Set(ports).size).toBe(12);
    for (const port of ports) {
      expect(port).toBeGreaterThanOrEqual(20_000);
      expect(port).toBeLessThan(32_768);
    }
  });
});

// A bug here lets whoever owns a name reach the machine's own services: the name is public when it is judged, and 127.0.0.1 or
// the cloud's 169.254.169.254 when it is connected to.
//
// For real: the system's resolver, a name server that changes its mind, and sockets, in a network of its own, where those
// addresses have servers that answer. It needs Linux and the right to make that network; without, it fails and says so.

import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { runInOwnNetwork } from "../harness/own-network.ts";
import type { ProbeReport } from "../harness/rebinding-probe.ts";

const probe = fileURLToPath(new URL("../harness/rebinding-probe.ts", import.meta.url));
let report: ProbeReport;

beforeAll(() => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "riffle-rebinding-"));
  report = JSON.parse(runInOwnNetwork(folder.path, [process.execPath, probe]));
}, 120_000);

describe("a name that is public at one time and not at the next", () => {
  it.each([
    ["to-loopback.example", "127.0.0.1", "a loopback address (RFC 1122)"],
    ["to-metadata.example", "169.254.169.254", "a link-local address (RFC 3927)"],
  ])("is posted to while it is public, and refused while it is not: %s", (name, address, what) => {
    expect(report.outcomes[name]).toEqual({
      200: 20,
      [`refused: ${name} is at ${address}, which is ${what}`]: 20,
    });
  });

  it("is looked up once for a connection: there is no second answer to connect by", () => {
    expect(report.asked["to-loopback.example"]).toBe(40);
    expect(report.asked["to-metadata.example"]).toBe(40);
  });
});

describe("a name that has a public address and another", () => {
  it.each([
    ["both.example", "127.0.0.1"],
    ["both-reversed.example", "169.254.169.254"],
    ["other-family.example", "::1"],
    ["mapped.example", "::ffff:127.0.0.1"],
  ])("is refused for the other, each time: %s", (name, address) => {
    const outcomes = Object.entries(report.outcomes[name] ?? {});
    expect(outcomes).toEqual([[expect.stringContaining(`refused: ${name} is at ${address}, which is `), 40]]);
  });
});

describe("the servers at the forbidden addresses", () => {
  it("have seen no connection, and the public one as many as there were answers", () => {
    expect(report.connections).toEqual({ "8.8.8.8": 40, "169.254.169.254": 0, "127.0.0.1": 0 });
  });

  it("can be reached there, by who judges one lookup and connects by another", () => {
    expect(report.carelessConnections).toBe(1);
  });
});

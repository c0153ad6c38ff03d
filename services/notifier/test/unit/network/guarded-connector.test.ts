// A bug here connects to an address that nobody judged: the one a name has a moment later, or its other one.
//
// The servers listen on loopback, which the development switch allows. 0.0.0.0 is never allowed, and on this machine a
// connection to it would reach the same server: so every forbidden connection would be counted.

import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { selfSigned } from "../../../../../infra/tls/self-signed.ts";
import { GuardedConnector, type ResolvedAddress } from "../../../src/network/guarded-connector.ts";
import { LoopbackServer, Receiver, status } from "./loopback-server.ts";

const allowed: ResolvedAddress = { address: "127.0.0.1", family: 4 };
const forbidden: ResolvedAddress = { address: "0.0.0.0", family: 4 };
const hostname = "hooks.example";

const connectorOf = (
  resolve: (hostname: string) => readonly ResolvedAddress[] | Promise<readonly ResolvedAddress[]>,
  { allowPrivateAddresses = true, connectTimeoutMs = 5_000 } = {},
): GuardedConnector =>
  new GuardedConnector({
    policy: { allowPrivateAddresses },
    connectTimeoutMs,
    resolve: async (name) => resolve(name),
  });

const silent = (): Promise<LoopbackServer> => LoopbackServer.raw(() => {});
const outcomeOf = (connecting: Promise<Socket>): Promise<string> =>
  connecting.then(
    (socket) => {
      socket.destroy();
      return "connected";
    },
    (error: Error) => error.message,
  );

describe("a connection to a name", () => {
  it("is made to the address that was judged, after a single lookup", async () => {
    await using server = await silent();
    const answers = [[allowed], [forbidden]];
    const asked: string[] = [];
    const connector = connectorOf((name) => {
      asked.push(name);
      return answers.shift() ?? [forbidden];
    });
    const socket = await connector.connect({ hostname, port: server.port, tls: undefined });
    expect(socket.remoteAddress).toBe("127.0.0.1");
    socket.destroy();
    expect(asked).toEqual([hostname]);
  });

  it("that changes between allowed and forbidden never reaches the forbidden address", async () => {
    await using server = await silent();
    let lookups = 0;
    const connector = connectorOf(() => (lookups++ % 2 === 0 ? [allowed] : [forbidden]));
    const outcomes = new Map<string, number>();
    for (let n = 0; n < 500; n++) {
      const outcome = await outcomeOf(connector.connect({ hostname, port: server.port, tls: undefined }));
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    const refusal =
      "refused: hooks.example is at 0.0.0.0, which is an address of this host on this network (RFC 791)";
    expect([...outcomes]).toEqual([
      ["connected", 250],
      [refusal, 250],
    ]);
    expect(server.connections).toBe(250);
  });

  it.each([
    ["first", [forbidden, allowed]],
    ["last", [allowed, forbidden]],
    ["of the other family", [allowed, { address: "fe80::1", family: 6 }]],
    ["mapped", [{ address: "::ffff:127.0.0.1", family: 6 }]],
    ["no address at all", [{ address: "127.1", family: 4 }]],
  ])("is refused when one of its addresses is forbidden: %s", async (_which, addresses) => {
    await using server = await silent();
    const connector = connectorOf(() => addresses);
    expect(await outcomeOf(connector.connect({ hostname, port: server.port, tls: undefined }))).toMatch(
      /^refused: hooks\.example is at /,
    );
    expect(server.connections).toBe(0);
  });

  it("is judged once more by the address of its socket, before a byte is sent", async () => {
    const bytes: Buffer[] = [];
    await using server = await LoopbackServer.raw(
      (socket) => void socket.on("data", (chunk) => bytes.push(chunk)),
    );
    let judgements = 0;
    const policy = {
      // What the name is at may be connected to; what the socket is at, the same address, may not.
      get allowPrivateAddresses(): boolean {
        return judgements++ === 0;
      },
    };
    const connector = new GuardedConnector({
      policy,
      connectTimeoutMs: 5_000,
      resolve: async () => [allowed],
    });
    const target = { hostname, port: server.port, tls: {} };
    expect(await outcomeOf(connector.connect(target))).toMatch(/^refused: hooks\.example is at 127\.0\.0\.1/);
    expect([judgements, server.connections, bytes.length]).toEqual([2, 1, 0]);
  });

  it("on this machine is refused without the switch, by the system's resolver too", async () => {
    await using server = await silent();
    const connector = new GuardedConnector({
      policy: { allowPrivateAddresses: false },
      connectTimeoutMs: 5_000,
    });
    for (const name of ["localhost", "127.0.0.1", "::1"]) {
      expect(
        await outcomeOf(connector.connect({ hostname: name, port: server.port, tls: undefined })),
      ).toMatch(/^refused: .*a loopback address/);
    }
    expect(server.connections).toBe(0);
  });

  it("without addresses fails as one that does not exist", async () => {
    const connecting = connectorOf(() => []).connect({ hostname, port: 1, tls: undefined });
    await expect(connecting).rejects.toMatchObject({ code: "ENOTFOUND" });
  });

  it("is tried at its next address where the first refuses", async () => {
    await using server = await silent();
    const connector = connectorOf(() => [{ address: "127.0.0.2", family: 4 }, allowed]);
    expect(await outcomeOf(connector.connect({ hostname, port: server.port, tls: undefined }))).toBe(
      "connected",
    );
  });
});

describe("a lookup", () => {
  it("is shared by all who wait for the same name, and made anew for the next", async () => {
    await using server = await silent();
    const lookups: PromiseWithResolvers<readonly ResolvedAddress[]>[] = [];
    const connector = connectorOf(() => {
      const lookup = Promise.withResolvers<readonly ResolvedAddress[]>();
      lookups.push(lookup);
      return lookup.promise;
    });
    const connect = () => outcomeOf(connector.connect({ hostname, port: server.port, tls: undefined }));
    const together = [connect(), connect(), connect()];
    expect(lookups).toHaveLength(1);
    lookups[0]?.resolve([allowed]);
    expect(await Promise.all(together)).toEqual(["connected", "connected", "connected"]);
    const next = connect();
    expect(lookups).toHaveLength(2);
    lookups[1]?.reject(Object.assign(new Error("getaddrinfo"), { code: "EAI_AGAIN" }));
    expect(await next).toBe("getaddrinfo");
  });

  it("that never ends does not hold the connection longer than it may take", async () => {
    const connector = connectorOf(() => new Promise(() => {}), { connectTimeoutMs: 20 });
    expect(await outcomeOf(connector.connect({ hostname, port: 1, tls: undefined }))).toBe(
      "not connected within 20 ms",
    );
  });
});

describe("a connection over TLS", () => {
  const forName = selfSigned(hostname);
  const target = (port: number, ca?: string) => ({ hostname, port, tls: ca === undefined ? {} : { ca } });
  const connector = connectorOf(() => [allowed]);

  it("is made when the authority is known and the name is right", async () => {
    await using server = await Receiver.listen([status(200)], forName);
    expect(await outcomeOf(connector.connect(target(server.port, forName.cert)))).toBe("connected");
  });

  it("is refused when the certificate signed itself", async () => {
    await using server = await Receiver.listen([status(200)], forName);
    await expect(connector.connect(target(server.port))).rejects.toMatchObject({
      code: "DEPTH_ZERO_SELF_SIGNED_CERT",
    });
  });

  it("is refused when the certificate is for another name", async () => {
    const other = selfSigned("elsewhere.example");
    await using server = await Receiver.listen([status(200)], other);
    await expect(connector.connect(target(server.port, other.cert))).rejects.toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  it("ends in time when the other side never shakes hands", async () => {
    await using server = await silent();
    const hasty = connectorOf(() => [allowed], { connectTimeoutMs: 50 });
    expect(await outcomeOf(hasty.connect(target(server.port)))).toBe("not connected within 50 ms");
  });

  it("fails with a code when the other side speaks no TLS, or hangs up", async () => {
    await using plain = await LoopbackServer.raw(
      (socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
    );
    await expect(connector.connect(target(plain.port))).rejects.toHaveProperty("code");
    await using rude = await LoopbackServer.raw((socket) => void socket.destroy());
    await expect(connector.connect(target(rude.port))).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});

// A bug here lets transactions and keys travel in the clear, shows an old certificate until somebody restarts the service, or
// closes the door to everybody because of half a file. Real sockets and handshakes.

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type SecureVersion, type TLSSocket } from "node:tls";
import { ConfigError } from "@riffle/service-kit";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { type KeyAndCertificate, selfSigned } from "../../../../infra/tls/self-signed.ts";
import type { IngestConfig } from "../../src/config.ts";
import { edge, goodText } from "./edge.ts";

const folder = mkdtempSync(join(tmpdir(), "riffle-tls-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fileOf = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const own = selfSigned("127.0.0.1");
const TLS_CERT_FILE = fileOf("cert.pem", own.cert);
const TLS_KEY_FILE = fileOf("key.pem", own.key);
const write = ({ cert, key }: KeyAndCertificate): void => {
  writeFileSync(TLS_CERT_FILE, cert);
  writeFileSync(TLS_KEY_FILE, key);
};

/** A busy machine takes its time over a handshake. */
const withinMs = 60_000;
let server: ReturnType<typeof edge> | undefined;
afterEach(async () => {
  await server?.app.close();
  server = undefined;
  write(own);
});

const start = async (headersMs = 5_000) => {
  const timeouts = { headersMs, requestMs: 10_000, idleMs: 9_000, quietMs: 10_000, checkEveryMs: 50 };
  const started = edge(undefined, { TLS_CERT_FILE, TLS_KEY_FILE }, undefined, timeouts);
  server = started;
  const port = Number(new URL(await started.app.listen({ host: "127.0.0.1", port: 0 })).port);
  return { ...started, port };
};

/** Posts a transaction; says with which status and over what it was answered. */
const post = (port: number, agent: Agent): Promise<{ status: number | undefined; protocol: string | null }> =>
  new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sending = request({
      agent,
      port,
      host: "127.0.0.1",
      method: "POST",
      path: "/v1/transactions",
      headers,
    });
    sending.on("response", (response) => {
      const protocol = (response.socket as TLSSocket).getProtocol();
      response.resume().on("end", () => resolve({ status: response.statusCode, protocol }));
    });
    sending.on("error", reject);
    sending.end(goodText());
  });

/** The fingerprint of the certificate that a new connection is shown. */
const shown = async (port: number): Promise<string> => {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
};

/** What a client of one version comes to: its version, or the code of its error. */
const handshake = (port: number, version: SecureVersion): Promise<string> =>
  new Promise((resolve) => {
    const ciphers = "DEFAULT@SECLEVEL=0";
    const options = { ca: own.cert, minVersion: version, maxVersion: version, ciphers };
    const socket = connect({ ...options, port, host: "127.0.0.1" }, () => {
      resolve(String(socket.getProtocol()));
      socket.destroy();
    });
    socket.on("error", (error: Error & { code?: string }) => resolve(String(error.code)));
  });

const outcomes = async (outcome: string): Promise<string | undefined> =>
  (await server?.metrics.render())?.split("\n").find((line) => line.includes(`outcome="${outcome}"`));

describe("over TLS", () => {
  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "a transaction is taken by %s, as by HTTP",
    async (version) => {
      const { port, sent } = await start();
      const agent = new Agent({ ca: own.cert, minVersion: version, maxVersion: version });
      expect(await post(port, agent)).toEqual({ status: 202, protocol: version });
      expect(sent).toHaveLength(1);
    },
    withinMs,
  );

  it.each(["TLSv1.1", "TLSv1"] as const)(
    "a client of %s is refused by its version",
    async (version) => {
      const { port } = await start();
      expect(await handshake(port, version)).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
      await vi.waitFor(async () => expect(await outcomes("no-tls")).toMatch(/ 1$/));
      // The same client comes through where it may: it is the version that was refused.
      const old = createServer({ ...own, minVersion: version, ciphers: "DEFAULT@SECLEVEL=0" });
      old.listen(0, "127.0.0.1");
      await once(old, "listening");
      const address = old.address();
      const oldPort = typeof address === "object" && address !== null ? address.port : 0;
      expect(await handshake(oldPort, version)).toBe(version);
      old.close();
    },
    withinMs,
  );

  it(
    "a client that verifies is not fooled by another name",
    async () => {
      const { port } = await start();
      const socket = connect({ port, host: "127.0.0.1", servername: "elsewhere.example", ca: own.cert });
      const [error] = await once(socket, "error");
      expect(error).toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    },
    withinMs,
  );

  it(
    "a request in the clear is hung up on; no answer goes out in the clear, and nothing is sent",
    async () => {
      const { port, sent } = await start();
      const chunks: Buffer[] = [];
      const socket = connectTcp(port, "127.0.0.1", () =>
        socket.write(`POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`),
      );
      socket.on("data", (chunk) => chunks.push(chunk)).on("error", () => {});
      await once(socket, "close");
      expect(Buffer.concat(chunks).toString("latin1")).not.toContain("HTTP/");
      expect(sent).toEqual([]);
      expect(await outcomes("no-tls")).toMatch(/ 1$/);
    },
    withinMs,
  );

  it(
    "a client that never shakes hands is hung up on within the time for headers",
    async () => {
      const { port } = await start(200);
      const socket = connectTcp(port, "127.0.0.1");
      socket.on("error", () => {});
      await once(socket, "close");
      expect(await outcomes("no-tls")).toMatch(/ 1$/);
    },
    withinMs,
  );

  it(
    "a client that shakes hands and then says nothing is answered 408",
    async () => {
      const { port } = await start(200);
      const socket = connect({ port, host: "127.0.0.1", ca: own.cert });
      let answer = "";
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        answer += chunk;
      });
      await once(socket, "close");
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    },
    withinMs,
  );
});

describe("a certificate that cannot be used is a fault of the configuration", () => {
  const other = selfSigned("127.0.0.1");
  const old = selfSigned("127.0.0.1", { from: "20200101000000Z", to: "20260228000000Z" });
  const early = selfSigned("127.0.0.1", { from: "20260302000000Z", to: "20270101000000Z" });
  const garbage = fileOf("garbage.pem", "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n");
  const none = join(folder, "none.pem");
  const faultsOf = (config: Partial<IngestConfig>): string[] => {
    try {
      edge(undefined, config);
      return [];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.faults.map(({ variable, problem }) => `${variable}: ${problem}`);
    }
  };

  it.each([
    [
      "of which one half is missing",
      { TLS_CERT_FILE },
      ["TLS_KEY_FILE: required, but missing, because TLS_CERT_FILE is set"],
    ],
    [
      "whose files are not there",
      { TLS_CERT_FILE: none, TLS_KEY_FILE: none },
      [`TLS_CERT_FILE: ${none} cannot be read (ENOENT)`, `TLS_KEY_FILE: ${none} cannot be read (ENOENT)`],
    ],
    [
      "that is none",
      { TLS_CERT_FILE: garbage, TLS_KEY_FILE },
      [expect.stringMatching(/^TLS_CERT_FILE: .*garbage\.pem holds no certificate in PEM \(ERR_OSSL_/)],
    ],
    [
      "with its key in its place",
      { TLS_CERT_FILE: TLS_KEY_FILE, TLS_KEY_FILE: TLS_CERT_FILE },
      [
        expect.stringMatching(/^TLS_CERT_FILE: .*key\.pem holds no certificate in PEM \(ERR_OSSL_/),
        expect.stringMatching(/^TLS_KEY_FILE: .*cert\.pem holds no private key .* \(ERR_OSSL_/),
      ],
    ],
    [
      "with the key of another",
      { TLS_CERT_FILE, TLS_KEY_FILE: fileOf("other-key.pem", other.key) },
      [expect.stringMatching(/^TLS_KEY_FILE: .*other-key\.pem is not the key of .*MISMATCH\)$/)],
    ],
    [
      "with a broken chain behind it",
      { TLS_CERT_FILE: fileOf("chain.pem", `${own.cert}-----BEGIN CERTIFICATE-----\nAA\n`), TLS_KEY_FILE },
      [expect.stringMatching(/^TLS_CERT_FILE: .*chain\.pem cannot be used \(ERR_OSSL_/)],
    ],
    [
      "that has run out",
      { TLS_CERT_FILE: fileOf("old.pem", old.cert), TLS_KEY_FILE: fileOf("old-key.pem", old.key) },
      [expect.stringMatching(/^TLS_CERT_FILE: .*old\.pem is not in force \(CERT_HAS_EXPIRED\)$/)],
    ],
    [
      "that is not yet in force",
      { TLS_CERT_FILE: fileOf("early.pem", early.cert), TLS_KEY_FILE: fileOf("early-key.pem", early.key) },
      [expect.stringMatching(/^TLS_CERT_FILE: .*early\.pem is not in force \(CERT_NOT_YET_VALID\)$/)],
    ],
  ])("%s", (_which, config, faults) => {
    expect(faultsOf(config)).toEqual(faults);
    expect(JSON.stringify(faults)).not.toContain("PRIVATE KEY");
  });
});

describe("a rotated certificate", () => {
  it(
    "is shown to new connections when its files have changed; those that are open go on",
    async () => {
      const { port, lines } = await start();
      const agent = new Agent({ ca: own.cert, keepAlive: true, maxSockets: 1 });
      expect((await post(port, agent)).status).toBe(202);
      const before = await shown(port);
      const next = selfSigned("127.0.0.1");
      write(next);
      await vi.waitFor(async () => expect(await shown(port)).not.toBe(before), {
        timeout: 30_000,
        interval: 100,
      });
      expect((await post(port, new Agent({ ca: next.cert }))).status).toBe(202);
      // Its client does not know the new one, and its connection has been shown the old one.
      expect((await post(port, agent)).status).toBe(202);
      agent.destroy();
      expect(lines.join("")).toContain("the certificate was read again");
      expect(lines.join("")).not.toContain("PRIVATE KEY");
    },
    withinMs,
  );

  it(
    "of which half has arrived, or which is none, changes nothing and is logged",
    async () => {
      const { port, lines, certificate } = await start();
      const before = await shown(port);
      const next = selfSigned("127.0.0.1");
      for (const half of [
        { ...own, key: next.key },
        { ...own, cert: next.cert },
        { ...own, cert: "" },
      ]) {
        lines.length = 0;
        write(half);
        certificate?.reload();
        expect(lines.filter((line) => line.includes("the one of before is shown on"))).toHaveLength(1);
        expect(await shown(port)).toBe(before);
      }
      write(next);
      certificate?.reload();
      expect(await shown(port)).not.toBe(before);
    },
    withinMs,
  );

  it("that is shown has its end among the metrics; without TLS nothing ends", async () => {
    const endOf = async (metrics: { render(): Promise<string> }): Promise<number> => {
      const line = /^riffle_ingest_certificate_expiration_timestamp_seconds\{.*\} (\S+)$/m;
      return Number(line.exec(await metrics.render())?.[1]);
    };
    expect(await endOf(edge().metrics)).toBe(0);
    server = edge(undefined, { TLS_CERT_FILE, TLS_KEY_FILE });
    const { certificate, metrics } = server;
    expect(await endOf(metrics)).toBe(Date.UTC(2120, 0, 1) / 1_000);
    write(selfSigned("127.0.0.1", { from: "20260101000000Z", to: "20270301120000Z" }));
    certificate?.reload();
    expect(await endOf(metrics)).toBe(Date.UTC(2027, 2, 1, 12) / 1_000);
    write({ ...own, cert: "" });
    certificate?.reload();
    expect(await endOf(metrics)).toBe(Date.UTC(2027, 2, 1, 12) / 1_000);
  });
});

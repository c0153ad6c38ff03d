// A bug here writes a secret into a topic that everybody reads, or into a log that is shipped elsewhere.
//
// The other sides are as bad as they can be: they repeat whatever they were sent, in every place where an answer has
// room for words.

import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { createLogger } from "@riffle/service-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { selfSigned } from "../../../../../infra/tls/self-signed.ts";
import type { AttemptResult, Channel } from "../../../src/channels/channel.ts";
import { emailChannelOf } from "../../../src/channels/email-channel.ts";
import { slackChannelOf } from "../../../src/channels/slack-channel.ts";
import { webhookChannelOf } from "../../../src/channels/webhook-channel.ts";
import { type Answer, Receiver } from "../network/loopback-server.ts";
import { SmtpRelay } from "./smtp-relay.ts";
import { aMessage, forever, surroundings } from "./surroundings.ts";

const key = Buffer.alloc(32, 7).toString("base64");
const path = "T00000000/B00000000/verysecretpath";
const password = "correct-horse-battery";
const secrets = [key, path, password, Buffer.from(`\0riffle\0${password}`).toString("base64")];

/** Answers with all that was sent, as reason, header and body. */
const repeating =
  (code: number): Answer =>
  (response, { headers, body, path: target }) => {
    const words = `${key} ${target} ${JSON.stringify(headers)} ${body}`.replace(/[^\x20-\x7e]/g, "?");
    response.writeHead(code, words, { "retry-after": words, location: words, "x-words": words }).end(words);
  };

const written: string[] = [];
const { stdout, stderr } = process;
const writes = { stdout: stdout.write, stderr: stderr.write };
beforeEach(() => {
  written.length = 0;
  for (const stream of [stdout, stderr]) {
    stream.write = (chunk: string | Uint8Array) => {
      written.push(String(chunk));
      return true;
    };
  }
});
afterEach(() => {
  stdout.write = writes.stdout;
  stderr.write = writes.stderr;
});

/** Everything that is left of an attempt: its record, the channel as it would be printed, a log line, the output. */
const tracesOf = async (
  channel: Channel,
): Promise<{ readonly result: AttemptResult; readonly text: string }> => {
  const lines: string[] = [];
  const log = createLogger({
    service: "notifier",
    instance: "n-0",
    level: "trace",
    to: { write: (line) => void lines.push(line) },
  });
  const result = await channel.attempt(aMessage(), forever());
  log.warn({ result, channel }, "attempt failed");
  const text = [JSON.stringify([result, channel]), inspect(channel, { depth: 9 }), ...lines, ...written].join(
    "\n",
  );
  return { result, text };
};

const expectNoSecret = (text: string): void => {
  for (const secret of secrets) expect(text).not.toContain(secret);
  expect(text).not.toContain("v1,");
};

describe("no trace of a failed attempt holds a secret", () => {
  it.each([301, 400, 410, 429, 500])(
    "of a webhook whose receiver answers %i with all it was sent",
    async (code) => {
      using folder = mkdtempDisposableSync(join(tmpdir(), "riffle-secrets-"));
      await using receiver = await Receiver.listen([repeating(code)]);
      const secretFile = join(folder.path, "secret");
      writeFileSync(secretFile, `whsec_${key}\n`);
      const kind = "webhook" as const;
      const endpoint = { kind, name: "bank", url: receiver.url, secretFiles: [secretFile] };
      const { result, text } = await tracesOf(webhookChannelOf(endpoint, surroundings()));
      expect(result.attempt.status).toBe(code);
      expectNoSecret(text);
    },
  );

  it.each([302, 404, 503])("of a Slack address that answers %i with all it was sent", async (code) => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "riffle-secrets-"));
    await using receiver = await Receiver.listen([repeating(code)]);
    const urlFile = join(folder.path, "url");
    writeFileSync(urlFile, `http://127.0.0.1:${receiver.port}/services/${path}`);
    const { result, text } = await tracesOf(
      slackChannelOf({ kind: "slack", name: "team", urlFile }, surroundings()),
    );
    expect(result.attempt.status).toBe(code);
    expectNoSecret(text);
  });

  it("of a mail relay that answers a login with the password", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "riffle-secrets-"));
    const own = selfSigned("127.0.0.1");
    await using relay = await SmtpRelay.listen({
      ...own,
      secure: true,
      authOptional: false,
      onAuth: (auth, _session, callback) =>
        callback(Object.assign(new Error(`not ${auth.username} ${auth.password}`), { responseCode: 535 })),
    });
    const [passwordFile, caFile] = [join(folder.path, "password"), join(folder.path, "ca")];
    writeFileSync(passwordFile, password);
    writeFileSync(caFile, own.cert);
    const channel = emailChannelOf(
      {
        kind: "email",
        name: "desk",
        host: "127.0.0.1",
        port: relay.port,
        tls: "implicit",
        caFile,
        userName: "riffle",
        passwordFile,
        from: "riffle@bank.example",
        to: "fraud@bank.example",
      },
      surroundings(),
    );
    const { result, text } = await tracesOf(channel);
    expect(result.attempt.status).toBe(535);
    expectNoSecret(text);
  });
});

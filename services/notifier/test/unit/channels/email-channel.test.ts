// A bug here sends a password in clear text, loses an alert that the relay wanted later, or repeats one for ever that it
// will never take.

import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SMTPServerOptions } from "smtp-server";
import { describe, expect, it } from "vitest";
import { selfSigned } from "../../../../../infra/tls/self-signed.ts";
import {
  EmailChannel,
  type EmailChannelOptions,
  type EmailEndpoint,
  emailChannelOf,
} from "../../../src/channels/email-channel.ts";
import { EndpointError } from "../../../src/channels/endpoint-fault.ts";
import { anAlert } from "../alerts.ts";
import { hangUp, type Refusal, ScriptedRelay, SmtpRelay } from "./smtp-relay.ts";
import { aMessage, forever, notificationId, surroundings } from "./surroundings.ts";

const plain = {
  name: "fraud-desk",
  host: "127.0.0.1",
  tls: "none",
  from: "riffle@bank.example",
  to: "fraud@bank.example",
} as const satisfies Omit<EmailChannelOptions, "port">;

const channelTo = (port: number, options: Partial<EmailChannelOptions> = {}, timeoutMs = 5_000) =>
  new EmailChannel({ ...plain, port, ...options }, { nowMs: Date.now, timeoutMs });

const attemptAt = async (refusal?: Refusal) => {
  await using relay = await SmtpRelay.listen({ disabledCommands: ["STARTTLS"] }, refusal);
  return { ...(await channelTo(relay.port).attempt(aMessage(), forever())), mails: relay.mails };
};

describe("an e-mail at a relay", () => {
  it("goes from the sender to the recipient, as text and HTML, with an id of its own", async () => {
    const { attempt, verdict, mails } = await attemptAt();
    expect([verdict, attempt.status, attempt.error]).toEqual(["delivered", 250, undefined]);
    const [mail] = mails;
    expect(mail).toMatchObject({ from: plain.from, to: [plain.to] });
    const header = (name: string) => new RegExp(`^${name}: (.*)\r\n`, "mi").exec(mail?.source ?? "")?.[1];
    expect(header("Message-ID")).toBe(`<${notificationId}@bank.example>`);
    expect(header("Subject")).toBe("[Riffle] ALERT card-testing acc_42");
    expect(header("From")).toBe(plain.from);
    expect(header("To")).toBe(plain.to);
    expect(header("Auto-Submitted")).toBe("auto-generated");
    expect(mail?.source).toMatch(/Content-Type: text\/plain/);
    expect(mail?.source).toMatch(/Content-Type: text\/html/);
  });

  it("has one Message-ID on every attempt", async () => {
    await using relay = await SmtpRelay.listen({ disabledCommands: ["STARTTLS"] });
    const channel = channelTo(relay.port);
    for (let n = 0; n < 3; n++) await channel.attempt(aMessage(), forever());
    const ids = relay.mails.map(({ source }) => /^Message-ID: (.*)\r$/im.exec(source)?.[1]);
    expect(ids).toEqual(Array.from({ length: 3 }, () => `<${notificationId}@bank.example>`));
  });

  it("has no header and no recipient that an alert brought along", async () => {
    await using relay = await SmtpRelay.listen({ disabledCommands: ["STARTTLS"] });
    const line = "x\r\nBcc: thief@evil.example\r\nX-Evil: yes\r\n\r\nbody";
    const alert = { ...anAlert("t1"), accountId: line, rule: line, reason: line };
    await channelTo(relay.port).attempt(aMessage({ alert }), forever());
    const [{ to, source } = { to: [], source: "" }] = relay.mails;
    expect(to).toEqual([plain.to]);
    const headers = source.slice(0, source.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
    expect(headers.split("\r\n").filter((each) => /^(bcc|x-evil)/i.test(each))).toEqual([]);
  });

  it.each([
    ["sender", 450, "retry"],
    ["sender", 550, "give-up"],
    ["sender", 530, "retry"],
    ["recipient", 451, "retry"],
    ["recipient", 550, "give-up"],
    ["recipient", 599, "give-up"],
    ["mail", 452, "retry"],
    ["mail", 503, "retry"],
    ["mail", 552, "give-up"],
    ["mail", 554, "give-up"],
  ] as const)("whose %s is answered %i means: %s", async (at, code, verdict) => {
    const result = await attemptAt({ at, code, text: "the relay's own words" });
    expect([result.verdict, result.attempt.status, result.attempt.error]).toEqual([
      verdict,
      code,
      `answered ${code}`,
    ]);
  });

  it("that is not answered ends in time and may come again", async () => {
    await using relay = await ScriptedRelay.listen(() => undefined);
    const { attempt, verdict } = await channelTo(relay.port, {}, 50).attempt(aMessage(), forever());
    expect([verdict, attempt.status, attempt.error]).toEqual(["retry", null, "no answer within 50 ms"]);
  });

  it("that the relay may have taken, because it went away before its answer, comes again", async () => {
    await using relay = await ScriptedRelay.listen((line) => {
      if (line === "") return "220 relay.example";
      if (line === "DATA") return "354 go on";
      if (line === ".") return hangUp;
      return /^(EHLO|MAIL|RCPT)/.test(line) ? "250 fine" : undefined;
    });
    const { attempt, verdict } = await channelTo(relay.port).attempt(aMessage(), forever());
    expect(relay.lines).toContain(".");
    expect([verdict, attempt.status]).toEqual(["retry", null]);
    expect(attempt.error).toMatch(/^connection failed: E\w+$/);
  });

  it("is not waited for by those who no longer want it", async () => {
    await using relay = await ScriptedRelay.listen(() => undefined);
    const stop = new AbortController();
    const attempting = channelTo(relay.port).attempt(aMessage(), stop.signal);
    stop.abort();
    const { attempt, verdict } = await attempting;
    expect([verdict, attempt.status, attempt.error]).toEqual(["retry", null, "ended by the notifier"]);
  });

  it("at a closed port, or one that is no relay, is a failure without the other side's words", async () => {
    const relay = await SmtpRelay.listen({ disabledCommands: ["STARTTLS"], ...selfSigned("127.0.0.1") });
    const { port } = relay;
    await relay[Symbol.asyncDispose]();
    const refused = await channelTo(port).attempt(aMessage(), forever());
    expect(refused).toMatchObject({ verdict: "retry", attempt: { status: null } });
    expect(refused.attempt.error).toMatch(/^connection failed: E\w+$/);
    await using odd = await ScriptedRelay.listen((line) =>
      line === "" ? "HTTP/1.1 400 secret words" : undefined,
    );
    const strange = await channelTo(odd.port).attempt(aMessage(), forever());
    expect(strange.verdict).toBe("retry");
    expect(strange.attempt.error).toMatch(/^(connection failed: E\w+|answered \d+)$/);
  });
});

describe("TLS and logins", () => {
  const own = selfSigned("127.0.0.1");
  const password = "correct-horse-battery";
  const onAuth: NonNullable<SMTPServerOptions["onAuth"]> = (auth, _session, callback) => {
    if (auth.username === "riffle" && auth.password === password) callback(null, { user: "riffle" });
    else callback(Object.assign(new Error(`bad password ${auth.password}`), { responseCode: 535 }));
  };

  it.each(["starttls", "implicit"] as const)("are used: %s", async (tls) => {
    await using relay = await SmtpRelay.listen({
      ...own,
      secure: tls === "implicit",
      onAuth,
      authOptional: false,
    });
    const options = { tls, ca: own.cert, userName: "riffle", password };
    const { verdict } = await channelTo(relay.port, options).attempt(aMessage(), forever());
    expect(verdict).toBe("delivered");
    expect(relay.mails).toMatchObject([{ secure: true, user: "riffle" }]);
  });

  it("are required: a relay without STARTTLS gets neither mail nor password", async () => {
    await using relay = await ScriptedRelay.listen((line) => {
      if (line === "") return "220 relay.example";
      return line.startsWith("EHLO") ? "250-relay.example\r\n250 AUTH PLAIN" : "500 no";
    });
    const options = { tls: "starttls", userName: "riffle", password } as const;
    const { verdict } = await channelTo(relay.port, options).attempt(aMessage(), forever());
    expect(verdict).toBe("retry");
    expect(relay.lines.filter((line) => /^(AUTH|MAIL)/.test(line))).toEqual([]);
  });

  it("are checked: a certificate that signed itself is refused", async () => {
    await using relay = await SmtpRelay.listen({ ...own, secure: true });
    const { attempt, verdict } = await channelTo(relay.port, { tls: "implicit" }).attempt(
      aMessage(),
      forever(),
    );
    expect([verdict, attempt.status]).toEqual(["retry", null]);
    expect(attempt.error).toMatch(/^connection failed: \w+$/);
    expect(relay.mails).toEqual([]);
  });

  it("that are refused may succeed later, and no record holds the password", async () => {
    await using relay = await SmtpRelay.listen({ ...own, secure: true, onAuth, authOptional: false });
    const wrong = "wrong-horse-battery";
    const options = { tls: "implicit", ca: own.cert, userName: "riffle", password: wrong } as const;
    const channel = channelTo(relay.port, options);
    const result = await channel.attempt(aMessage(), forever());
    expect([result.verdict, result.attempt.status, result.attempt.error]).toEqual([
      "retry",
      535,
      "login refused: answered 535",
    ]);
    expect(JSON.stringify([result, channel])).not.toContain(wrong);
  });
});

describe("an endpoint of e-mail", () => {
  const endpoint: EmailEndpoint = { kind: "email", ...plain };
  const faultsOf = (given: Partial<EmailEndpoint>): readonly string[] => {
    try {
      emailChannelOf({ ...endpoint, ...given }, surroundings());
    } catch (error) {
      return error instanceof EndpointError ? error.faults.map(({ pointer }) => pointer) : ["?"];
    }
    return [];
  };

  it("reads its password from a file and mails with it", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "riffle-email-"));
    const passwordFile = join(folder.path, "password");
    writeFileSync(passwordFile, "correct-horse\n");
    expect(faultsOf({ tls: "starttls", userName: "riffle", passwordFile })).toEqual([]);
    expect(faultsOf({})).toEqual([]);
  });

  it("is refused with all its faults at once", () => {
    expect(faultsOf({ tls: "starttls", userName: "riffle" })).toEqual(["/userName"]);
    expect(faultsOf({ passwordFile: "/nowhere/password", caFile: "/nowhere/ca" })).toEqual([
      "/passwordFile",
      "/tls",
      "/caFile",
      "/passwordFile",
    ]);
  });
});

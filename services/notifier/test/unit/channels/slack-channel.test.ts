// A bug here calls a whole channel because of a merchant's name, or writes the address, which is the secret, on record.

import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Message } from "../../../src/channels/channel.ts";
import { EndpointError } from "../../../src/channels/endpoint-fault.ts";
import { SlackChannel, slackChannelOf } from "../../../src/channels/slack-channel.ts";
import { anAlert } from "../alerts.ts";
import { Receiver, status } from "../network/loopback-server.ts";
import { aMessage, forever, notificationId, surroundings } from "./surroundings.ts";

const attemptAt = async (code: number, headers: Record<string, string> = {}, message?: Message) => {
  await using receiver = await Receiver.listen([status(code, headers)]);
  const channel = new SlackChannel("slack", receiver.url, surroundings());
  const result = await channel.attempt(message ?? aMessage(), forever());
  channel.close();
  return { ...result, requests: receiver.requests };
};

describe("a message to Slack", () => {
  it("is the alert's line with its causes, their steps and the notification's id, as an incoming webhook takes it", async () => {
    const { requests, verdict, attempt } = await attemptAt(200);
    expect(verdict).toBe("delivered");
    expect(attempt.status).toBe(200);
    expect(JSON.parse(requests[0]?.body ?? "")).toEqual({
      text: `ALERT  card-testing  acc_42  ${anAlert("t1").reason}  (${anAlert("t1").id})  t1 (large)  ${notificationId}`,
      unfurl_links: false,
      unfurl_media: false,
    });
  });

  it("holds no link and calls nobody, whatever the alert says", async () => {
    const alert = { ...anAlert("t1"), reason: "<!channel> <@U1> <https://evil.example|Bank> &lt; R&D" };
    const { requests } = await attemptAt(200, {}, aMessage({ alert }));
    const { text } = JSON.parse(requests[0]?.body ?? "") as { text: string };
    expect(text).not.toMatch(/[<>]/);
    expect(text).toContain("&lt;!channel&gt; &lt;@U1&gt; &lt;https://evil.example|Bank&gt; &amp;lt; R&amp;D");
  });

  it.each([
    [200, "delivered"],
    [302, "retry"],
    [400, "give-up"],
    [401, "retry"],
    [403, "retry"],
    [404, "retry"],
    [408, "retry"],
    [410, "disable"],
    [413, "give-up"],
    [422, "give-up"],
    [425, "retry"],
    [429, "retry"],
    [499, "retry"],
    [500, "retry"],
    [503, "retry"],
  ])("that is answered %i means: %s", async (code, verdict) => {
    expect((await attemptAt(code)).verdict).toBe(verdict);
  });

  it("that comes too often is sent again when Slack says", async () => {
    expect((await attemptAt(429, { "retry-after": "30" })).retryAfterMs).toBe(30_000);
    expect((await attemptAt(400, { "retry-after": "30" })).retryAfterMs).toBeUndefined();
  });
});

describe("an endpoint of Slack", () => {
  const path = "/services/T00000000/B00000000/XXXXXXXXXXXX";

  it("reads its address from a file, and no record repeats it", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "riffle-slack-"));
    const urlFile = join(folder.path, "url");
    await using receiver = await Receiver.listen([status(500), (response) => void response.destroy()]);
    writeFileSync(urlFile, `http://127.0.0.1:${receiver.port}${path}\n`);
    const channel = slackChannelOf({ kind: "slack", name: "team", urlFile }, surroundings());
    const results = [
      await channel.attempt(aMessage(), forever()),
      await channel.attempt(aMessage(), forever()),
    ];
    channel.close();
    expect(receiver.requests.map((request) => request.path)).toEqual([path, path]);
    expect(JSON.stringify([channel, results])).not.toContain("XXXX");
  });

  it("is refused with the place of the fault and without the address", () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "riffle-slack-"));
    const urlFile = join(folder.path, "url");
    const faultsOf = (text: string) => {
      writeFileSync(urlFile, text);
      try {
        slackChannelOf(
          { kind: "slack", name: "team", urlFile },
          surroundings({ policy: { allowPrivateAddresses: false } }),
        );
      } catch (error) {
        return error instanceof EndpointError ? error.faults : [];
      }
      return [];
    };
    for (const address of [`https://10.0.0.1${path}`, `http://hooks.example${path}`, `no url ${path}`, ""]) {
      const faults = faultsOf(address);
      expect(faults.map(({ pointer }) => pointer)).toEqual(["/urlFile"]);
      expect(JSON.stringify(faults)).not.toContain("XXXX");
    }
    expect(faultsOf(`https://hooks.slack.com${path}`)).toEqual([]);
  });
});

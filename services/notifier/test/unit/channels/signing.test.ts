// A bug here sends what nobody can verify, or what verifies although somebody has changed it.

import { createHmac } from "node:crypto";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { MessageSigner, secretProblem } from "../../../src/channels/signing.ts";

const secretOf = (bytes: Uint8Array): string => `whsec_${Buffer.from(bytes).toString("base64")}`;
const secret = secretOf(Buffer.alloc(32, 7));

describe("a signature", () => {
  it("is the one of the specification's example", () => {
    const signer = new MessageSigner(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]);
    const id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    expect(signer.headers(id, 1_614_265_330_000, '{"test": 2432232314}')).toEqual({
      "webhook-id": id,
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("is the HMAC-SHA256 of id, second and body under each secret, newest first", () => {
    const secretBytes = fc.uint8Array({ minLength: 24, maxLength: 64 });
    const body = fc.string({ unit: "grapheme" });
    fc.assert(
      fc.property(
        fc.array(secretBytes, { minLength: 1, maxLength: 4 }),
        body,
        fc.integer({ min: 0, max: 4_102_444_800_000 }),
        (secrets, text, nowMs) => {
          const headers = new MessageSigner(secrets.map(secretOf)).headers("nt_1", nowMs, text);
          const signed = `nt_1.${Math.floor(nowMs / 1_000)}.${text}`;
          const expected = secrets.map(
            (key) => `v1,${createHmac("sha256", key).update(signed).digest("base64")}`,
          );
          expect(headers["webhook-signature"]).toBe(expected.join(" "));
        },
      ),
    );
  });

  it("is refused by the stock library when any one bit of what is sent is another", () => {
    const verifier = new Webhook(secret);
    const body = JSON.stringify({
      type: "alert.raised",
      data: { accountId: "acc_42", reason: "Zürich – 電話" },
    });
    const headers = new MessageSigner([secret]).headers("nt_0123456789abcdef", Date.now(), body);
    const isAccepted = (given: Record<string, string>, text: string): boolean => {
      try {
        verifier.verify(text, given);
        return true;
      } catch {
        return false;
      }
    };
    expect(isAccepted(headers, body)).toBe(true);
    const accepted: string[] = [];
    for (const part of ["webhook-id", "webhook-timestamp", "webhook-signature", "body"]) {
      const original = Buffer.from(part === "body" ? body : (headers[part] ?? ""), "latin1");
      for (let bit = 0; bit < original.length * 8; bit++) {
        const flipped = Buffer.from(original);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const text = flipped.toString("latin1");
        const ok =
          part === "body" ? isAccepted(headers, text) : isAccepted({ ...headers, [part]: text }, body);
        if (ok) accepted.push(`${part} bit ${bit}`);
      }
    }
    expect(accepted).toEqual([]);
  });
});

describe("a secret", () => {
  it.each([24, 32, 48, 64])("of %i bytes is taken", (bytes) => {
    expect(secretProblem(secretOf(Buffer.alloc(bytes, 1)))).toBeUndefined();
  });

  it.each([
    ["too short", secretOf(Buffer.alloc(23, 1))],
    ["too long", secretOf(Buffer.alloc(66, 1))],
    ["without its prefix", Buffer.alloc(32, 1).toString("base64")],
    ["of another kind", `whsk_${Buffer.alloc(32, 1).toString("base64")}`],
    ["in another alphabet", `whsec_${"-_".repeat(22)}`],
    ["with a space", `${secret} `],
    ["empty", ""],
  ])("that is %s is refused, and not repeated", (_how, text) => {
    expect(secretProblem(text)).toBe("must be whsec_ and 24 to 64 bytes in Base64");
  });
});

// A bug here lets a receiver fill the notifier's memory or hold its connections, by an answer without an end.

import { once } from "node:events";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { readRest } from "../../../src/network/answer-rest.ts";

const chunk = Buffer.alloc(1_000);

describe("the rest of an answer", () => {
  it("is read to its end within the bounds", async () => {
    const answer = Readable.from([chunk, chunk, chunk]);
    readRest(answer, { bytesMax: 3_000, msMax: 60_000 });
    await once(answer, "close");
    expect(answer.readableEnded).toBe(true);
  });

  it("is cut off when it is longer, without an end or with one", async () => {
    let chunks = 0;
    const endless = new Readable({
      highWaterMark: 1,
      read() {
        chunks++;
        this.push(chunks > 1_000 ? null : chunk);
      },
    });
    readRest(endless, { bytesMax: 2_999, msMax: 60_000 });
    await once(endless, "close");
    expect(endless.readableEnded).toBe(false);
    expect(chunks).toBeLessThan(10);
  });

  it("is cut off when it takes longer", async () => {
    const silent = new Readable({ read() {} });
    readRest(silent, { bytesMax: 3_000, msMax: 1 });
    await once(silent, "close");
    expect(silent.readableEnded).toBe(false);
  });

  it("may break off", async () => {
    const broken = new Readable({ read() {} });
    readRest(broken, { bytesMax: 3_000, msMax: 60_000 });
    broken.destroy(new Error("reset"));
    await once(broken, "close").catch(() => {});
    expect(broken.destroyed).toBe(true);
  });
});

// A bug here sends a dead letter twice, or never, because a redrive was killed or a second one was started meanwhile.

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { redriveHeaderNames } from "@riffle/contracts";
import { IdempotentProducer } from "@riffle/streams/kafka";
import { describe, expect, it } from "vitest";
import { DeadLetterLog } from "../../src/dead-letters/dead-letter-log.ts";
import { redrive } from "../../src/dead-letters/redrive.ts";
import { planRedrive } from "../../src/dead-letters/redrive-plan.ts";
import { createTopics, kafka, onBroker, recordsIn } from "../harness/failing-service.ts";
import { addedHeaders, headersOf } from "../harness/letters.ts";
import { run } from "../harness/recorded-terminal.ts";

const program = join(import.meta.dirname, "../../src/main.ts");
/** More than two transactions of the command hold. */
const letters = 450;
const accounts = 5;

/** A topic and its dead letters, written in another order than their records had, as two rounds of failures would. */
const parked = async () => {
  const name = `cli-${randomUUID().slice(0, 8)}`;
  const [home, deadLetters] = [`${name}.in.v1`, `${name}.dlq.v1`];
  await createTopics(home, deadLetters);
  const producer = await IdempotentProducer.connect({ ...kafka(), topics: [deadLetters] });
  const half = letters / 2;
  const offsets = Array.from({ length: letters }, (_, i) => (i < half ? i + half : i - half));
  for (const offset of offsets) {
    const headers = addedHeaders({ topic: home, partition: 1, offset }).map(([header, value]) => [
      header,
      Buffer.from(value ?? []).toString(),
    ]);
    void producer.send({
      topic: deadLetters,
      partition: 1,
      key: `acct-${offset % accounts}`,
      value: Buffer.from(String(offset)),
      timestampMs: 1_700_000_000_000,
      headers: Object.fromEntries(headers),
    });
  }
  await producer.close();
  return { home, deadLetters };
};

/** The old offsets of what is in the topic now, in its order. */
const sentTo = async (home: string): Promise<number[]> =>
  (await recordsIn(home)).flat().map(({ value }) => Number(Buffer.from(value ?? []).toString()));

const all = Array.from({ length: letters }, (_, i) => i);

/** Starts the command as a process of its own, to end at the fail-point. @returns the signal that ended it */
const killedAt = async (failPoint: string, ...words: string[]): Promise<NodeJS.Signals | null> => {
  const child = spawn(process.execPath, [program, "dlq", "redrive", ...words, "--yes", ...onBroker()], {
    env: { ...process.env, RIFFLE_FAILPOINT: failPoint },
    stdio: "ignore",
  });
  const [, signal] = await once(child, "exit");
  return signal;
};

describe("a redrive that is killed", () => {
  it.each([
    ["before it has sent anything", "after-init-producer:kill", 0],
    ["with records sent and not committed", "after-produce:kill", 0],
    ["in the middle, between two batches", "before-produce:kill:2", 200],
    ["in the middle of its second batch", "after-produce:kill:2", 200],
    ["at the end of its second batch", "after-end-txn:kill:2", 400],
  ])(
    "%s has sent whole batches, and the next run sends the rest, once and in order",
    async (_, point, sent) => {
      const { home, deadLetters } = await parked();
      expect(await killedAt(point, "--topic", deadLetters)).toBe("SIGKILL");
      const { code, out } = await run(["dlq", "redrive", "--topic", deadLetters, "--yes", ...onBroker()]);
      const before = sent === 0 ? "" : `, ${sent} had been sent before`;
      expect([code, out]).toEqual([0, [`${letters - sent} dead letters sent again${before}.`]]);
      expect(await sentTo(home)).toEqual(all);
      const froms = (await recordsIn(home))
        .flat()
        .map(({ headers }) => headersOf(headers)[redriveHeaderNames.from]);
      expect(new Set(froms).size).toBe(letters);
    },
  );
});

describe("two redrives at once", () => {
  it("send each dead letter once: the first is told that the other took over", async () => {
    const { home, deadLetters } = await parked();
    const log = await DeadLetterLog.connect(kafka(), () => {});
    const plan = await planRedrive(log, { topics: [deadLetters], criteria: {}, limit: letters });
    const first = redrive({
      kafka: kafka(),
      letters: plan.letters,
      // The other one begins and ends when the first has seen what is sent, and before it sends anything.
      readMarks: async () => {
        const marks = await log.marks();
        const other = await run(["dlq", "redrive", "--topic", deadLetters, "--yes", ...onBroker()]);
        expect(other.out).toEqual([`${letters} dead letters sent again.`]);
        return marks;
      },
    });
    await expect(first).rejects.toMatchObject({ code: "CLI_REDRIVE_TAKEN_OVER" });
    expect(await sentTo(home)).toEqual(all);
    await log.close();
  });

  it("planned from the same look send each dead letter once: the second sees what the first has sent", async () => {
    const { home, deadLetters } = await parked();
    const log = await DeadLetterLog.connect(kafka(), () => {});
    const plan = await planRedrive(log, { topics: [deadLetters], criteria: {}, limit: letters });
    const options = { kafka: kafka(), letters: plan.letters, readMarks: () => log.marks() };
    expect(await redrive(options)).toEqual({ sent: letters, sentBefore: 0 });
    expect(await redrive(options)).toEqual({ sent: 0, sentBefore: letters });
    expect(await sentTo(home)).toEqual(all);
    await log.close();
  });
});

describe("a dead-letter topic larger than one run takes", () => {
  it("is sent by several, and each says how many are left", async () => {
    const { home, deadLetters } = await parked();
    const words = [
      "dlq",
      "redrive",
      "--topic",
      deadLetters,
      "--limit",
      "300",
      "--yes",
      "--json",
      ...onBroker(),
    ];
    const first = await run(words);
    expect(first.out.map((line) => JSON.parse(line))).toEqual([
      { sent: 300, sentBefore: 0, beyondLimit: 150, notRedrivable: [] },
    ]);
    const second = await run(words);
    expect(second.out.map((line) => JSON.parse(line))).toEqual([
      { sent: 150, sentBefore: 300, beyondLimit: 0, notRedrivable: [] },
    ]);
    expect((await sentTo(home)).toSorted((a, b) => a - b)).toEqual(all);
  });
});

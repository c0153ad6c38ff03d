// A bug here has an operator look for a hot key or a dead process where a service is just too slow, or told that all is well.

import { setImmediate as turn } from "node:timers/promises";
import type { Topic } from "@riffle/contracts";
import { expect, it } from "vitest";
import type { Finding } from "../../../src/doctor/finding.ts";
import { MemoryKafka } from "../../harness/memory-kafka.ts";
import { run } from "../../harness/recorded-terminal.ts";

const partitions = 3;
const group = "slow";
const input: Topic<string> = {
  name: "slow.in.v1",
  partitions,
  cleanupPolicy: "delete",
  retentionMs: -1,
  owner: "test",
  codec: {
    schema: "text/1",
    encode: (value) => Buffer.from(value),
    decode: (bytes) => Buffer.from(bytes ?? []).toString(),
  },
};

/** Lets through one call for each permit. */
class Turnstile {
  #permits = 0;
  #waiting: (() => void)[] = [];

  permit(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#permits++;
    else next();
  }

  open(): void {
    this.#permits = Number.POSITIVE_INFINITY;
    for (const next of this.#waiting.splice(0)) next();
  }

  async pass(): Promise<void> {
    if (this.#permits > 0) this.#permits--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

it("doctor names a service that works, and is slower than its records come", async () => {
  const kafka = await MemoryKafka.start();
  await kafka.createTopics(partitions, input.name, `${group}.dlq.v1`);
  const turnstile = new Turnstile();
  let sent = 0;
  const sendToEach = async (): Promise<void> => {
    for (let partition = 0; partition < partitions; partition++)
      await kafka.send(input.name, partition, `acct-${sent++}`, Buffer.from("x"), "text/1");
  };
  for (let round = 0; round < 4; round++) await sendToEach();
  await kafka.runHandler(group, input, () => turnstile.pass());
  // Two records come to each partition for each that the handler is let do, for as long as doctor looks.
  const looked = { over: false };
  const traffic = (async () => {
    while (!looked.over) {
      await sendToEach();
      await sendToEach();
      for (let partition = 0; partition < partitions; partition++) turnstile.permit();
      await turn();
    }
    turnstile.open();
  })();
  const words = ["--group", group, "--lag", "5", "--seconds", "2", "--brokers", kafka.address, "--json"];
  const { out } = await run(["doctor", ...words]).finally(async () => {
    looked.over = true;
    await traffic;
  });
  const { findings } = JSON.parse(out[0] ?? "") as { findings: Finding[] };
  const own = findings.filter(({ subject }) => subject.startsWith(group));
  expect(own.map(({ code, severity, confidence }) => [code, severity, confidence])).toEqual([
    ["SLOW_HANDLER", "warning", "likely"],
  ]);
  const evidence = own[0]?.evidence.join("\n") ?? "";
  const [, come = "", done = ""] =
    /([\d.,]+) a second come in, ([\d.,]+) a second are processed/.exec(evidence) ?? [];
  const figure = (text: string): number => Number(text.replaceAll(",", ""));
  expect(figure(done)).toBeGreaterThan(0);
  expect(figure(come)).toBeGreaterThan(figure(done));
  expect(own[0]?.remedy).toContain("More replicas: 1 of at most 3 run");
}, 60_000);

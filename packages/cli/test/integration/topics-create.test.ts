// A bug here looks like a deployment whose services wait for ever for a topic, or a second deployment that fails because
// of the first.

import { allTopics } from "@riffle/contracts";
import { connectAdmin } from "@riffle/streams/kafka";
import { describe, expect, inject, it } from "vitest";
import { run } from "../harness/recorded-terminal.ts";

const brokers = inject("kafkaBrokers");
const create = (...words: string[]) => run(["topics", "create", "--brokers", brokers.join(","), ...words]);

describe("riffle topics create", () => {
  it("leaves every topic of the contracts there, and may run again", async () => {
    const first = await create();
    const second = await create();
    const admin = await connectAdmin({ brokers, clientId: "topics-create-test" });
    const found = await admin.listTopics();
    await admin.close();
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(found).toEqual(expect.arrayContaining(allTopics.map(({ name }) => name)));
    expect(second.out).toEqual(allTopics.map(({ name }) => `there    ${name}`));
  });

  it("refuses a number of copies that is none", async () => {
    const { code, notes } = await create("--replication-factor", "none");
    expect(code).toBe(2);
    expect(notes.join()).toContain("--replication-factor");
  });
});

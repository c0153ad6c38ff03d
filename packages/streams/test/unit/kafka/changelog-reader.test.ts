// A bug here: a start asks hundreds of questions one after the other, or believes a copy by the facts of another changelog.

import { expect, it, onTestFinished } from "vitest";
import { ChangelogReader } from "../../../src/kafka/changelog-reader.ts";
import type { Wire } from "../../../src/kafka/wire.ts";
import { BrokerCluster } from "../../../src/memory-broker/cluster.ts";
import { memoryWire } from "../../harness/memory-wire.ts";

/** Two changelogs of two partitions, and what was asked of their cluster. */
const openChangelogs = async () => {
  const cluster = new BrokerCluster();
  onTestFinished(() => cluster.close());
  cluster.createTopic("a-changelog", 2, { "delete.retention.ms": "5000" });
  cluster.createTopic("b-changelog", 2, { "delete.retention.ms": "7000" });
  const wire = await memoryWire(cluster, ["a-changelog", "b-changelog"]);
  const asked: string[] = [];
  const refused: string[] = [];
  const send = wire.send.bind(wire);
  wire.send = ((node, request, timeoutMs) => {
    asked.push(request.api);
    if (refused.includes(request.api)) return Promise.reject(new Error(`no ${request.api}`));
    return send(node, request, timeoutMs);
  }) as Wire["send"];
  return { reader: new ChangelogReader(wire), asked, refused };
};

const partitionsOf = (...topics: string[]) =>
  topics.flatMap((topic) => [0, 1].map((partition) => ({ topic, partition })));

it("changelogs that are described side by side are asked about together", async () => {
  const { reader, asked } = await openChangelogs();
  const facts = await Promise.all(
    partitionsOf("a-changelog", "b-changelog").map((partition) => reader.describe(partition)),
  );
  expect(facts.map(({ deleteRetentionMs }) => deleteRetentionMs)).toEqual([5_000, 5_000, 7_000, 7_000]);
  expect(new Set(facts.map(({ topicId }) => topicId)).size).toBe(2);
  expect(asked.toSorted()).toEqual([
    ...["DescribeConfigs", "DescribeConfigs"],
    ...["ListOffsets", "ListOffsets"],
    ...["Metadata", "Metadata"],
  ]);
});

it("a changelog that is described later is asked about anew", async () => {
  const { reader, asked } = await openChangelogs();
  const [first] = await Promise.all(partitionsOf("a-changelog").map((of) => reader.describe(of)));
  expect(await reader.describe({ topic: "a-changelog", partition: 0 })).toEqual(first);
  expect(asked.filter((api) => api === "ListOffsets")).toHaveLength(4);
});

it("one that is asked for twice at the same time is asked about once", async () => {
  const { reader } = await openChangelogs();
  const twice = { topic: "a-changelog", partition: 1 };
  const [one, other] = await Promise.all([reader.describe(twice), reader.describe({ ...twice })]);
  expect(other).toEqual(one);
});

it("a question that fails, fails who asked, and nobody who asks later", async () => {
  const { reader, refused } = await openChangelogs();
  refused.push("Metadata");
  const together = await Promise.allSettled(
    partitionsOf("a-changelog", "b-changelog").map((partition) => reader.describe(partition)),
  );
  expect(together.map((each) => each.status === "rejected" && String(each.reason))).toEqual(
    Array(4).fill("Error: no Metadata"),
  );
  refused.splice(0);
  await expect(reader.describe({ topic: "a-changelog", partition: 0 })).resolves.toMatchObject({
    endOffset: 0,
  });
});

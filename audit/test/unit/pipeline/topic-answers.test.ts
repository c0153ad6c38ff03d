// A bug here passes over a part of what is to be compared.

import { topics } from "@riffle/contracts";
import { expect, it } from "vitest";
import { readAnswers } from "../../../pipeline/topic-answers.ts";

it("a topic that has more partitions than are compared is refused", async () => {
  const read = readAnswers(async (topic, apply) => {
    if (topic === topics.alerts.name)
      apply(3, { offset: 0, timestampMs: 0, key: null, value: null, headers: [] });
  }, 3);
  await expect(read).rejects.toThrow("a partition 3: 3 are compared");
});

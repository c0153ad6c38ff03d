// A bug here starts a worker with state that was never committed, that is not the changelog's, or that is a commit short.

import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../../../src/clock.ts";
import { OutcomeUnknownError } from "../../../src/errors.ts";
import { FakeClient } from "../../fakes/fake-client.ts";
import { eventually, present } from "../../harness/eventually.ts";
import { copiedStore, emptyFolder, openCopy } from "../state/store-rigs.ts";
import { Rig } from "./worker-rig.ts";

const input = { topic: "s-in", partition: 0 };

/** A worker on the folder, restored and waiting. */
const started = (client: FakeClient, stateDir: string): Promise<Rig> => new Rig({ client, stateDir }).start();

/** Handles the texts, and stops in order. */
const lives = async (client: FakeClient, stateDir: string, ...texts: string[]): Promise<Rig> => {
  const rig = await started(client, stateDir);
  if (texts.length > 0) client.append(input, ...texts);
  await rig.settled();
  await rig.worker.stop();
  return rig;
};

/** What a kill -9 would leave: the folder as it is now, without the process. */
const imageOf = async (stateDir: string): Promise<string> => {
  const image = await emptyFolder();
  await cp(stateDir, image, { recursive: true });
  await rm(join(image, "s", "0", "owner"), { force: true });
  return image;
};

const restoredOf = ({ restored }: Rig) => restored.map(({ from, records }) => `${records} from ${from}`);

describe("a restart", () => {
  it("on the same disk reads nothing of the changelog that the disk has", async () => {
    const [client, stateDir] = [new FakeClient(), await emptyFolder()];
    const first = await lives(client, stateDir, "a=x", "b=y", "a=z");
    expect([first.doubts, restoredOf(first)]).toEqual([["absent"], ["0 from start"]]);
    const second = await lives(client, stateDir, "a=x");
    expect([second.doubts, restoredOf(second)]).toEqual([[], ["0 from checkpoint"]]);
    expect(second.texts()).toEqual(["x:1", "y:1", "z:2", "x:3"]);
  });

  it("on an older disk reads exactly what is missing", async () => {
    const [client, stateDir] = [new FakeClient(), await emptyFolder()];
    await lives(client, stateDir, "a=x", "b=y");
    const older = await imageOf(stateDir);
    await lives(client, stateDir, "b=forget");
    await lives(client, stateDir, "c=z");
    const rig = await lives(client, older, "a=1", "b=2", "c=3");
    expect(restoredOf(rig)).toEqual(["2 from checkpoint"]);
    expect(rig.texts().slice(-3)).toEqual(["1:2", "2:1", "3:2"]);
  });

  it("learns where the changelog ends only after the former owner was fenced, and reads up to there", async () => {
    const [client, stateDir] = [new FakeClient(), await emptyFolder()];
    await lives(client, stateDir, "a=x");
    const older = await imageOf(stateDir);
    await lives(client, stateDir, "b=y");
    const begun = client.calls.length;
    const rig = await lives(client, older);
    const order = client.calls.slice(begun).filter((call) => /^(positions|describe|replay)/.test(call));
    expect(order).toEqual([
      "positions s-in/0",
      "describe s-counts-changelog/0",
      "replay s-counts-changelog/0 from 1 to 2",
    ]);
    expect(restoredOf(rig)).toEqual(["1 from checkpoint"]);
  });

  it("on an empty disk reads all of it", async () => {
    const client = new FakeClient();
    await lives(client, await emptyFolder(), "a=x", "b=y");
    const rig = await lives(client, await emptyFolder(), "a=z");
    expect([rig.doubts, restoredOf(rig), rig.texts().at(-1)]).toEqual([["absent"], ["2 from start"], "z:2"]);
  });

  it("after a kill finds what the last interval wrote", async () => {
    const [client, stateDir] = [new FakeClient(), await emptyFolder()];
    let at = Date.now();
    const rig = await new Rig({ client, stateDir, checkpointIntervalMs: 1_000, now: () => at }).start();
    client.append(input, "a=x");
    await rig.settled();
    at += 1_000;
    client.append(input, "b=y");
    await rig.settled();
    const image = await eventually("a sealed copy", async () => {
      const folder = await imageOf(stateDir);
      const { copy } = await openCopy(join(folder, "s", "0"), { stores: [counts], nowMs: at });
      const offset = copy?.offset("counts");
      await copy?.discard();
      return offset === 2 ? folder : undefined;
    });
    await rig.worker.stop();
    const next = await new Rig({ client, stateDir: image, now: () => at }).start();
    expect([next.doubts, restoredOf(next)]).toEqual([[], ["0 from checkpoint"]]);
  });

  it("without a folder asks the cluster nothing more than before", async () => {
    const rig = await new Rig().start();
    expect(rig.client.calls.filter((call) => call.startsWith("describe"))).toEqual([]);
  });
});

const counts = copiedStore("counts", {
  facts: { ...new FakeClient().facts, endOffset: 1_000 },
});

describe("what is copied", () => {
  it("is never what a commit without a sure outcome wrote, and what it wrote after all is read", async () => {
    const [client, stateDir] = [new FakeClient(), await emptyFolder()];
    const rig = await started(client, stateDir);
    client.append(input, "a=x");
    await rig.settled();
    client.commitErrors.push(new OutcomeUnknownError("lost, and without effect"));
    client.append(input, "a=y");
    await rig.settled();
    client.lostAnswers.push(new OutcomeUnknownError("lost, and committed"));
    client.append(input, "a=z");
    await eventually("a third life", () => rig.restored.length === 3);
    await rig.ready();
    expect(restoredOf(rig)).toEqual(["0 from start", "0 from checkpoint", "1 from checkpoint"]);
    client.append(input, "a=w");
    await rig.settled();
    expect(rig.texts()).toEqual(["x:1", "y:2", "z:3", "w:4"]);
  });
});

describe("a copy that cannot be used", () => {
  it("because the changelog was made again is made anew from it", async () => {
    const [client, stateDir] = [new FakeClient(), await emptyFolder()];
    await lives(client, stateDir, "a=x");
    client.facts = { ...client.facts, topicId: "2" };
    const rig = await lives(client, stateDir, "a=y");
    expect([rig.doubts, restoredOf(rig), rig.texts().at(-1)]).toEqual([
      ["other-topic"],
      ["1 from start"],
      "y:2",
    ]);
    expect(restoredOf(await lives(client, stateDir))).toEqual(["0 from checkpoint"]);
  });

  it("because a value in it cannot be read is made anew", async () => {
    const [client, stateDir] = [new FakeClient(), await emptyFolder()];
    await lives(client, stateDir, "a=x");
    const { copy } = await openCopy(join(stateDir, "s", "0"), { stores: [counts], nowMs: Date.now() });
    present(copy).stage("counts", { key: "a", value: Buffer.from("{") });
    present(copy).cover(Date.now());
    await copy?.close();
    const rig = await lives(client, stateDir, "a=y");
    expect([rig.doubts, restoredOf(rig), rig.texts().at(-1)]).toEqual([
      ["unreadable", "absent"],
      ["1 from start"],
      "y:2",
    ]);
  });

  it("because another process has it is left alone, and the worker does without", async () => {
    const [client, stateDir] = [new FakeClient(), await emptyFolder()];
    await lives(client, stateDir, "a=x");
    const { copy } = await openCopy(join(stateDir, "s", "0"), { stores: [counts], nowMs: Date.now() });
    const rig = await lives(client, stateDir, "a=y");
    expect([rig.doubts, restoredOf(rig), rig.texts().at(-1)]).toEqual([["locked"], ["1 from start"], "y:2"]);
    await copy?.discard();
    expect(restoredOf(await lives(client, stateDir))).toEqual(["1 from checkpoint"]);
  });

  it("because the disk fails is done without", async () => {
    const [client, folder] = [new FakeClient(), await emptyFolder()];
    const stateDir = join(folder, "file");
    await writeFile(stateDir, "no folder");
    const rig = await lives(client, stateDir, "a=x");
    expect([rig.doubts, rig.copyFailures.length, rig.texts()]).toEqual([["failed"], 1, ["x:1"]]);
  });
});

it("a worker is not ready while it restores", async () => {
  const client = new FakeClient();
  const gate = Promise.withResolvers<void>();
  client.beforeReplay = () => gate.promise;
  const rig = new Rig({ client, stateDir: await emptyFolder() });
  rig.run();
  await eventually("the replay has begun", () => client.calls.at(-1)?.startsWith("replay"));
  const during = [rig.worker.ready, rig.worker.phase];
  gate.resolve();
  await rig.ready();
  expect([during, rig.worker.ready]).toEqual([[false, "restoring"], true]);
});

describe("a task whose handler failed", () => {
  const failing = (times: number) => {
    let failures = 0;
    return ({ value }: { readonly value: unknown }) => {
      if (value === "bad" && failures++ < times) throw new Error("a moment's trouble");
    };
  };
  const asked = ({ client }: Rig, from: number): string[] =>
    client.calls.slice(from).filter((call) => /^(open sender|positions|describe|replay)/.test(call));

  it("begins again from its copy, of which nothing is written yet, and asks no broker", async () => {
    const rig = await new Rig({ stateDir: await emptyFolder(), onRecord: failing(2) }).start();
    rig.append(0, "a=x", "b=x", "b=forget");
    await rig.settled();
    const before = rig.client.calls.length;
    rig.append(0, "a=bad", "b=y");
    await rig.settled();
    expect(rig.texts()).toEqual(["x:1", "x:1", "forget:0", "bad:2", "y:1"]);
    expect(asked(rig, before)).toEqual([]);
  });

  it("begins again from its copy, of which a part is written", async () => {
    let at = Date.now();
    const options = { checkpointIntervalMs: 1_000, now: () => at, onRecord: failing(2) };
    const rig = await new Rig({ stateDir: await emptyFolder(), ...options }).start();
    rig.append(0, "a=x", "b=x", "c=x");
    await rig.settled();
    at += 1_000;
    rig.append(0, "a=x", "b=forget");
    await rig.settled();
    rig.append(0, "c=forget");
    await rig.settled();
    const before = rig.client.calls.length;
    rig.append(0, "a=bad", "b=y", "c=z");
    await rig.settled();
    expect(rig.texts().slice(-3)).toEqual(["bad:3", "y:1", "z:1"]);
    expect(asked(rig, before)).toEqual([]);
  });

  it("begins again from the changelog where it has no copy, at the positions that it committed", async () => {
    const rig = await new Rig({ onRecord: failing(1) }).start();
    rig.append(0, "a=x");
    await rig.settled();
    const before = rig.client.calls.length;
    rig.append(0, "a=bad");
    await rig.settled();
    expect(rig.texts()).toEqual(["x:1", "bad:2"]);
    expect(asked(rig, before)).toEqual(["replay s-counts-changelog/0"]);
  });
});

it("a worker counts the operations on each store, and its entries", async () => {
  const rig = await lives(new FakeClient(), await emptyFolder(), "a=x", "b=y", "a=forget");
  const [figures] = rig.worker.stores();
  expect(figures?.store).toBe("counts");
  expect(figures?.operations.map(({ operation, count }) => `${operation} ${count}`)).toEqual([
    "get 2",
    "put 2",
    "delete 1",
    "scan 0",
  ]);
});

it("any records, failures, lost answers, restarts and disks give what one plain run gives", async () => {
  // No pauses: there are many runs.
  const clock: Clock = { ...systemClock, delay: async () => {} };
  let failures = 0;
  const onRecord = (): void => {
    if (failures > 0) throw new Error(`${failures--} more`);
  };
  const started = (client: FakeClient, stateDir: string): Promise<Rig> =>
    new Rig({ client, stateDir, clock, onRecord }).start();
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom("a=v", "b=v", "c=v", "a=forget", "b=forget") },
    { weight: 2, arbitrary: fc.constantFrom("restart", "older disk", "empty disk", "take image") },
    { weight: 1, arbitrary: fc.constantFrom("answer lost", "commit lost") },
    { weight: 2, arbitrary: fc.constantFrom("handler fails once", "handler fails twice") },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      failures = 0;
      const client = new FakeClient();
      const plain = new Map<string, number>();
      const expected: string[] = [];
      let stateDir = await emptyFolder();
      let image = await emptyFolder();
      let rig = await started(client, stateDir);
      const restart = async (folder: string): Promise<void> => {
        await rig.worker.stop();
        stateDir = folder;
        rig = await started(client, stateDir);
      };
      for (const of of steps) {
        if (of === "restart") await restart(stateDir);
        else if (of === "older disk") await restart(image);
        else if (of === "empty disk") await restart(await emptyFolder());
        else if (of === "take image") image = await imageOf(stateDir);
        else if (of === "handler fails once") failures = 1;
        else if (of === "handler fails twice") failures = 2;
        else if (of === "answer lost") client.lostAnswers.push(new OutcomeUnknownError("lost"));
        else if (of === "commit lost") client.commitErrors.push(new OutcomeUnknownError("lost"));
        else {
          const [key = "", value = ""] = of.split("=");
          const count = value === "forget" ? 0 : (plain.get(key) ?? 0) + 1;
          plain.set(key, count);
          expected.push(`${value}:${count}`);
          client.append(input, of);
          await rig.settled();
          await rig.ready();
        }
      }
      await rig.worker.stop();
      expect(rig.texts()).toEqual(expected);
    }),
    { numRuns: 25 },
  );
});

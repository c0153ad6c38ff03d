// A bug here loses a dead letter that an operator sent again, sends it twice, or turns an account's order round.

import { deadLetterHeaderNames, redriveHeaderNames } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import {
  createTopics,
  eventuallyIn,
  type FailingService,
  onBroker,
  recordsIn,
  send,
  startService,
  textsIn,
} from "../harness/failing-service.ts";
import { headersOf } from "../harness/letters.ts";
import { run } from "../harness/recorded-terminal.ts";

const list = (topic: string, ...words: string[]) =>
  run(["dlq", "list", "--topic", topic, ...words, ...onBroker()]);
const redrive = (...words: string[]) => run(["dlq", "redrive", ...words, "--yes", ...onBroker()]);

/** A service with three dead letters of two accounts in partition 1, and one in partition 2. */
const failedService = async (): Promise<FailingService> => {
  const service = await startService();
  await send(service.input, 1, "a=1", "a=bad2", "b=3", "a=bad4", "b=bad5", "a=6");
  await send(service.input, 2, "c=bad7");
  await eventuallyIn(service.deadLetters, 4);
  await eventuallyIn(service.output, 3);
  return service;
};

describe("records that a worker could not process", () => {
  it("are listed with their place, reason and key, and without their value", async () => {
    const { deadLetters, input } = await failedService();
    const { code, out, notes } = await list(deadLetters);
    expect(notes).toEqual([]);
    expect(code).toBe(0);
    expect(out[0]).toMatch(/^DEAD LETTER +RECORD +REASON +KEY +EVENT TIME +ROUND +REDRIVEN$/);
    const rest = ["HANDLER_FAILED", "2023-11-14T22:13:20.000Z", "0", "no"];
    const cells = out.slice(1, 5).map((line) => line.split(/ {2,}/));
    expect(cells.map(([, record, reason, key, ...more]) => [record, key, reason, ...more])).toEqual([
      [`${input}/1/1`, "a", ...rest],
      [`${input}/1/3`, "a", ...rest],
      [`${input}/1/4`, "b", ...rest],
      [`${input}/2/0`, "c", ...rest],
    ]);
    for (const [place] of cells) expect(place?.startsWith(`${deadLetters}/`)).toBe(true);
    expect(out.slice(5)).toEqual(["", "4 dead letters, 0 of them sent again."]);
    expect(out.join("\n")).not.toContain("bad");
  });

  it("are shown one by one, with the error they had, and nothing of it moves the cursor", async () => {
    const { deadLetters, input } = await failedService();
    const offset = (await recordsIn(deadLetters))[2]?.[0]?.offset;
    const words = ["dlq", "show", `${deadLetters}/2/${offset}`, ...onBroker()];
    const { code, out } = await run(words);
    expect(code).toBe(0);
    const text = out.join("\n");
    expect(text).toContain(`record       ${input}/2/0`);
    expect(text).toContain("error then   HANDLER_FAILED (Error)");
    expect(text).toContain("cannot handle \\u{1b}[2Jbad7");
    expect(text).toContain("value        4 bytes; --value shows them");
    expect(text).not.toContain("\u001b");
    expect(out.at(-1)).not.toBe("bad7");
    expect((await run([...words, "--value"])).out.at(-1)).toBe("bad7");
  });

  it("go back with their bytes and headers, in the order they had, and are processed then", async () => {
    const { deadLetters, input, output, mend, name } = await failedService();
    mend();
    const before = (await recordsIn(input))[1] ?? [];
    const { code, out } = await redrive("--topic", deadLetters);
    expect(out).toEqual(["4 dead letters sent again."]);
    expect(code).toBe(0);
    const texts = await eventuallyIn(output, 7);
    expect(texts.filter((text) => text.startsWith("a="))).toEqual(["a=1", "a=6", "a=bad2", "a=bad4"]);
    expect(texts.filter((text) => text.startsWith("b="))).toEqual(["b=3", "b=bad5"]);

    const after = ((await recordsIn(input))[1] ?? []).slice(before.length);
    expect(after.map(({ key, value }) => `${key}=${value}`)).toEqual(["a=bad2", "a=bad4", "b=bad5"]);
    const [first] = after;
    expect([first?.key, first?.value, first?.timestampMs]).toEqual([
      before[1]?.key,
      before[1]?.value,
      before[1]?.timestampMs,
    ]);
    const letter = (await recordsIn(deadLetters))[1]?.[0];
    expect(headersOf(first?.headers ?? [])).toEqual({
      schema: "text/1",
      mine: "bad2",
      [redriveHeaderNames.from]: `${deadLetters}/1/${letter?.offset}`,
      [redriveHeaderNames.to]: name,
      [redriveHeaderNames.count]: "1",
    });
    expect(headersOf(letter?.headers ?? [])[deadLetterHeaderNames.originalOffset]).toBe("1");
    expect((await list(deadLetters, "--pending")).out).toEqual(["No dead letters."]);
    expect((await list(deadLetters)).out.at(-1)).toBe("4 dead letters, 4 of them sent again.");
  });

  it("are sent once, however often they are redriven", async () => {
    const { deadLetters, input } = await failedService();
    const places = (await recordsIn(deadLetters)).flatMap((records, partition) =>
      records.map(({ offset }) => `${deadLetters}/${partition}/${offset}`),
    );
    expect((await redrive(places[0] ?? "")).out).toEqual(["1 dead letter sent again."]);
    expect((await redrive(...places)).out).toEqual(["3 dead letters sent again, 1 had been sent before."]);
    const again = await redrive(...places);
    expect([again.code, again.out]).toEqual([0, ["0 dead letters sent again, 4 had been sent before."]]);
    expect(await textsIn(input)).toHaveLength(7 + 4);
  });

  it("that fail again are new dead letters, which can be sent again and say how often they went round", async () => {
    const { deadLetters, input, output, mend } = await failedService();
    await redrive("--topic", deadLetters);
    await eventuallyIn(deadLetters, 8);
    const pending = (await list(deadLetters, "--pending", "--json")).out.map((line) => JSON.parse(line));
    expect(pending.map(({ redriveCount }) => redriveCount)).toEqual([1, 1, 1, 1]);
    mend();
    await redrive("--topic", deadLetters);
    expect(await eventuallyIn(output, 7)).toHaveLength(7);
    const rounds = (await recordsIn(input))
      .flat()
      .map(({ headers }) => headersOf(headers)[redriveHeaderNames.count] ?? "0");
    expect(rounds.toSorted().join("")).toBe("000000011112222");
    const names = (await recordsIn(input)).flat().flatMap(({ headers }) => headers.map(([name]) => name));
    expect(names.filter((name) => name.startsWith("kafka_dlt"))).toEqual([]);
  });

  it("have no second effect in another service that reads the same topic", async () => {
    const { deadLetters, input, output, mend } = await failedService();
    const other = await startService(input);
    other.mend();
    expect(await eventuallyIn(other.output, 7)).toHaveLength(7);
    mend();
    await redrive("--topic", deadLetters);
    await eventuallyIn(output, 7);
    // A record behind them: when the other service has it, it has passed the redriven ones.
    for (const partition of [1, 2]) await send(input, partition, "z=end");
    expect((await eventuallyIn(other.output, 9)).filter((text) => text !== "z=end")).toHaveLength(7);
  });
});

describe("a redrive", () => {
  it("sends nothing in a dry run, without a yes, and with nobody to say it", async () => {
    const { deadLetters, input } = await failedService();
    const words = ["dlq", "redrive", "--topic", deadLetters, ...onBroker()];
    expect((await run([...words, "--dry-run"])).notes.at(-1)).toBe("Nothing was sent (--dry-run).");
    const refused = await run(words, { answer: "n" });
    expect([refused.code, refused.notes.at(-1)]).toEqual([1, "Nothing was sent."]);
    const unasked = await run(words);
    expect([unasked.code, unasked.notes.at(-1)]).toEqual([
      1,
      expect.stringContaining("CLI_CONFIRMATION_REQUIRED"),
    ]);
    expect(await textsIn(input)).toHaveLength(7);
    expect((await run(words, { answer: "y" })).out).toEqual(["4 dead letters sent again."]);
  });

  it("says when an earlier record of the same account stays behind", async () => {
    const { deadLetters } = await failedService();
    const [first, second] = ((await recordsIn(deadLetters))[1] ?? []).map(({ offset }) => offset);
    const { notes } = await redrive(`${deadLetters}/1/${second}`);
    expect(notes.at(-1)).toContain(
      `An earlier record of the same account stays behind: ${deadLetters}/1/${first}.`,
    );
  });

  it("sends what it can, and names what does not say where it came from", async () => {
    const { deadLetters } = await failedService();
    await send(deadLetters, 0, "x=by hand");
    const { code, out, notes } = await redrive("--topic", deadLetters);
    expect(notes).toContainEqual(expect.stringContaining(`${deadLetters}/0/0 cannot be sent`));
    expect([code, out]).toEqual([1, ["4 dead letters sent again."]]);
  });
});

describe("what is not there", () => {
  it.each([
    [["dlq", "list", "--topic", "transactions.received.v1"], "CLI_TOPIC_UNKNOWN"],
    [["dlq", "list", "--topic", "nobody.dlq.v1"], "CLI_TOPIC_UNKNOWN"],
    [["dlq", "redrive", "--topic", "nobody.dlq.v1"], "CLI_TOPIC_UNKNOWN"],
  ])("is said with its code: %j", async (words, code) => {
    const ran = await run([...words, ...onBroker()]);
    expect([ran.code, ran.out, ran.notes.at(-1)]).toEqual([1, [], expect.stringContaining(code)]);
  });

  it("an offset, a partition and a reason are said with their codes", async () => {
    const name = `cli-empty-${Date.now()}.dlq.v1`;
    await createTopics(name);
    for (const place of ["0/0", "7/0"]) {
      const { code, notes } = await run(["dlq", "show", `${name}/${place}`, ...onBroker()]);
      expect([code, notes.at(-1)]).toEqual([1, expect.stringContaining("CLI_DEAD_LETTER_MISSING")]);
    }
    const { code, notes } = await redrive("--topic", name, "--reason", "NO_SUCH");
    expect([code, notes.at(-1)]).toEqual([1, expect.stringContaining("CLI_NOTHING_MATCHES")]);
    expect((await list(name)).out).toEqual(["No dead letters."]);
  });
});

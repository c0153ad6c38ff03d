// A bug here writes a card number, a password or a customer's request into a log, or ends the process while logging.

import { describe, expect, it } from "vitest";
import { createLogger } from "../../src/logger.ts";

const card = "4111111111111111";

function logged(act: (log: ReturnType<typeof createLogger>) => void, secrets: string[] = []): string {
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  act(createLogger({ service: "probe", instance: "probe-1", level: "trace", secrets, to }));
  for (const line of lines) JSON.parse(line);
  return lines.join("");
}

describe("a line", () => {
  it("has level as text, ISO time, service, instance and message", () => {
    const line = JSON.parse(logged((log) => log.info({ topic: "t", count: 3 }, "joined")));
    expect(line).toMatchObject({
      level: "info",
      service: "probe",
      instance: "probe-1",
      topic: "t",
      count: 3,
      msg: "joined",
    });
    expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it("has an error's name, message, stack, code and cause", () => {
    const error = new TypeError("outer", { cause: new RangeError("inner") });
    const { err } = JSON.parse(
      logged((log) => log.error({ err: Object.assign(error, { code: "X1" }) }, "failed")),
    );
    expect(err).toMatchObject({
      type: "TypeError",
      message: "outer",
      code: "X1",
      cause: { message: "inner" },
    });
    expect(JSON.parse(logged((log) => log.error(error))).err.stack).toContain("logger.test");
  });
});

describe("never written", () => {
  const waysToLogACard: [string, (log: ReturnType<typeof createLogger>) => void][] = [
    ["a field", (log) => log.info({ note: card })],
    ["a field called pan", (log) => log.info({ pan: card })],
    ["another case of it", (log) => log.info({ PAN: card, CardNumber: card })],
    ["four levels down", (log) => log.info({ a: { b: { c: { d: card } } } })],
    ["an element of an array", (log) => log.info({ list: ["x", card] })],
    ["an object in an array", (log) => log.info({ list: [{ n: card }] })],
    ["a number", (log) => log.info({ n: Number(card) })],
    ["the message", (log) => log.info(`refused ${card}`)],
    ["an argument of the message", (log) => log.info("refused %s %o", card, { card })],
    ["an error's message", (log) => log.error(new TypeError(`bad ${card}`))],
    ["an error's cause", (log) => log.error({ err: new TypeError("bad", { cause: card }) })],
    ["an error's field", (log) => log.error(Object.assign(new TypeError("bad"), { input: card }))],
    ["JSON within a text", (log) => log.info({ text: JSON.stringify({ card }) })],
    ["digits in groups", (log) => log.info({ note: "4111 1111 1111 1111" })],
    ["digits with dashes", (log) => log.info({ note: "4111-1111-1111-1111" })],
    ["bytes", (log) => log.info({ body: Buffer.from(card), other: Buffer.from(card) })],
    ["a child's binding", (log) => log.child({ note: card }).info("x")],
    ["a map", (log) => log.info({ m: new Map([["k", card]]) })],
    ["a field's name", (log) => log.info({ [card]: 1 })],
  ];

  it.each(waysToLogACard)("a card number as %s", (_, act) => {
    expect(logged(act).replace(/[ -]/g, "")).not.toContain(card);
  });

  it.each(["body", "rawBody", "Authorization", "set-cookie", "password", "API_KEY", "headers"])(
    "what stands under the name %s, at any depth",
    (name) => {
      const line = logged((log) =>
        log.child({ [name]: "leak-1" }).info({ [name]: "leak-2", a: [{ [name]: "leak-3" }] }),
      );
      expect(line).not.toContain("leak");
      expect(line.match(/\[removed\]/g)).toHaveLength(3);
    },
  );

  it("a secret of the configuration, wherever it stands, quoted or not", () => {
    const secret = 'top"secret\\line';
    const line = logged(
      (log) => log.info({ url: `https://x/?k=${secret}`, deep: { list: [secret] } }, `using ${secret}`),
      [secret, "x"],
    );
    expect(line).not.toContain("top");
    expect(line.match(/\[secret\]/g)).toHaveLength(3);
  });

  it("a secret within JSON that a text quotes", () => {
    const secret = 'top"secret\\line';
    const line = logged((log) => log.warn({ answer: JSON.stringify({ said: secret }) }), [secret]);
    expect(JSON.parse(line).answer).toBe('{"said":"[secret]"}');
  });

  it("a secret of digits alone, though it stands as a number; the line stays JSON", () => {
    const line = logged((log) => log.info({ port: 48_151_623, other: -148_151_623.5, n: 7 }), ["48151623"]);
    expect(JSON.parse(line)).toMatchObject({ port: "[secret]", other: "[secret]", n: 7 });
  });

  it("a secret whose first letter could be that of an escape before it; the line stays JSON", () => {
    const line = logged((log) => log.info({ text: "a\nnever-told-b\never-told" }), ["never-told"]);
    expect(JSON.parse(line).text).toBe("a\n[secret]-b\never-told");
  });
});

describe("logging never throws", () => {
  it("on cycles, throwing getters, bigints, symbols and invalid dates", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    const throwing = {
      get field() {
        throw new TypeError("getter");
      },
    };
    const line = logged((log) => {
      log.info({
        cycle,
        big: 10n,
        symbol: Symbol("s"),
        date: new Date(Number.NaN),
        undefined,
        nothing: null,
      });
      log.info({ throwing });
      log.info(throwing);
    });
    expect(line).toContain("[deeper]");
    expect(line).toContain("unloggable");
  });

  it("and bounds long texts and arrays", () => {
    const line = logged((log) =>
      log.info({ text: "x".repeat(1e6), list: Array.from({ length: 1e5 }, () => 1) }),
    );
    expect(line.length).toBeLessThan(3_000);
    expect(line).toContain("[99980 more]");
  });

  it("and leaves the digits behind a point as they are, though they would pass for a card number", () => {
    const line = logged((log) => log.info({ durationMs: 0.4111111111111111, n: 4111111111111111 }));
    expect(line).toContain('"durationMs":0.4111111111111111,');
    expect(line).toContain('"n":"[card number]"');
  });

  it("and leaves times, offsets and ids as they are", () => {
    const fields = { receivedAt: 1_764_000_000_123, offset: 7_700_000, id: "018f-4a7e-9c1d", n: 12.5 };
    expect(JSON.parse(logged((log) => log.info(fields)))).toMatchObject(fields);
  });
});

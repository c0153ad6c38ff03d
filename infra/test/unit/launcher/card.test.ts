// A bug here looks like this: the first command a visitor pastes answers 400.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { explainTransactionInput } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { card, demonstration } from "../../../launcher/card.ts";
import { resolveSettings } from "../../../launcher/settings.ts";

const run = promisify(execFile);

describe("the card", () => {
  const facts = {
    settings: resolveSettings({ INGEST_PORT: "18080", FILTER_ADMIN_PORT: "19102" }),
    kafka: "Apache Kafka 4.4.0, 1 broker under Java 17",
    brokers: ["127.0.0.1:20001"],
    inMemory: false,
    seconds: 9.6,
  };
  const text = card(facts);

  it("names every address that the settings name, and no other", () => {
    expect(text).toContain("POST to     http://127.0.0.1:18080/v1/transactions");
    for (const port of [8090, 9101, 19102, 9103, 9104, 9105, 9106]) {
      expect(text).toContain(`http://127.0.0.1:${port}`);
    }
    expect(text).not.toContain(":9102");
  });

  it("shows the dashboard before everything else", () => {
    expect(/http:\S+/.exec(text)?.[0]).toBe("http://127.0.0.1:8090");
  });

  it("says that nothing survives a restart when Kafka is in memory, and only then", () => {
    expect(card({ ...facts, inMemory: true })).toContain("NOTHING SURVIVES A RESTART");
    expect(text).not.toContain("SURVIVES");
  });

  it.each([true, false])("fits into 112 columns, in memory: %s", (inMemory) => {
    const widths = card({ ...facts, inMemory })
      .split("\n")
      .map((line) => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(112);
  });
});

describe("the commands on the card, pasted into a shell", () => {
  it("send three small purchases and a large one of now, in the form that ingest takes", async () => {
    const bodies: unknown[] = [];
    const server = createServer((request, response) => {
      let text = "";
      request.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      request.once("end", () => {
        bodies.push({
          path: request.url,
          type: request.headers["content-type"],
          body: JSON.parse(text) as unknown,
        });
        response.writeHead(202).end("{}");
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await run("sh", ["-c", demonstration(`http://127.0.0.1:${port}`)]);
    server.close();

    const sent = bodies as { path: string; type: string; body: Record<string, unknown> }[];
    expect(sent.map(({ body }) => body["amount"])).toEqual([900, 1200, 1500, 250_000]);
    expect(new Set(sent.map(({ body }) => body["accountId"])).size).toBe(1);
    expect(new Set(sent.map(({ body }) => body["id"])).size).toBe(4);
    for (const { path, type, body } of sent) {
      expect({ path, type }).toEqual({ path: "/v1/transactions", type: "application/json" });
      expect(explainTransactionInput(body)).toEqual([]);
      expect(Math.abs(Date.now() - Date.parse(String(body["occurredAt"])))).toBeLessThan(10_000);
    }
  });
});

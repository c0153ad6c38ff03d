// A bug here is an example that does not do what it says.

import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { edge, nowMs } from "./edge.ts";

const folder = new URL("../../../../http/", import.meta.url);

interface Example {
  readonly title: string;
  readonly status: number;
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly payload: string;
}

/** The requests of a file, as the editors' clients read it: `### title`, comments, request line, headers, body. */
function examplesOf(file: string): Example[] {
  const text = readFileSync(new URL(file, folder), "utf8")
    .replaceAll("{{host}}", "")
    .replaceAll("{{$guid}}", () => randomUUID())
    .replaceAll("{{$datetime iso8601}}", new Date(nowMs).toISOString());
  return text
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [title = "", ...lines] = section.split("\n");
      const status = Number(/^# answers (\d+)$/.exec(lines[0] ?? "")?.[1]);
      const [head = "", ...body] = lines.slice(1).join("\n").split("\n\n");
      const [request = "", ...headerLines] = head.split("\n");
      const [method, url = ""] = request.split(" ");
      const headers = Object.fromEntries(headerLines.filter((line) => line).map((line) => line.split(": ")));
      return { title, status, method: method as Example["method"], url, headers, payload: body.join("\n\n") };
    });
}

describe.each(readdirSync(folder))("%s", (file) => {
  const examples = examplesOf(file);

  it.each(examples)("$title is answered $status", async ({ status, method, url, headers, payload }) => {
    const { app, sent } = edge();
    const response = await app.inject({ method, url, headers, ...(method === "POST" ? { payload } : {}) });
    expect(response.statusCode, response.body).toBe(status);
    expect(sent.length > 0).toBe(status === 202 || status === 207);
  });
});

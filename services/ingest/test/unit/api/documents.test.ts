// A bug here documents another API than the one that answers, or sends a reader's browser to somebody else's server.

import specs from "@asyncapi/specs" with { type: "json" };
import { allTopics, transactionInputSchema } from "@riffle/contracts";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { openApiDocument } from "../../../src/api/openapi.ts";
import { problems } from "../../../src/problem.ts";
import { edge, goodText } from "../edge.ts";

interface Operation {
  readonly responses: Record<string, { readonly description: string }>;
}
interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}
const document = openApiDocument() as Document;

describe("/openapi.json", () => {
  it("is a valid OpenAPI 3.1 document", async () => {
    const { app } = edge();
    const response = await app.inject({ url: "/openapi.json" });
    expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
    const validator = new Validator();
    expect(await validator.validate(response.json())).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
  });

  it("has every route of /v1 and no other", async () => {
    const { app } = edge();
    await app.ready();
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    // ├── /v1/transactions (POST), with its children below, down to the first route of another path.
    const tree = app.printRoutes({ commonPrefix: false }).split("├── /openapi.json")[0] ?? "";
    const served = [...tree.matchAll(/── (\S+) \((.+)\)/g)].map(([, path = "", methods = ""]) => {
      const whole = path.startsWith("/v1/") ? path : `/v1/transactions${path}`;
      return `${methods.replace(", HEAD", "")} ${whole.replace(":id", "{id}")}`;
    });
    expect(documented.toSorted()).toEqual(served.toSorted());
  });

  it("has the contract's own schema, and no keyword that JSON Schema does not have", () => {
    expect(document.components.schemas["TransactionInput"]).toEqual(
      JSON.parse(JSON.stringify(transactionInputSchema)),
    );
    expect(JSON.stringify(document)).not.toContain('"~');
  });

  it("names every problem with its status", () => {
    const text = JSON.stringify(document.paths);
    const unnamed = Object.keys(problems).filter((code) => !text.includes(`\`${code}\``));
    // Answers to requests that reached no route.
    expect(unnamed).toEqual(["unknown-path", "method-not-allowed"]);
  });

  it("describes the answers: those to a good and to a bad transaction fit their schemas", async () => {
    const ajv = new Ajv({ strict: false });
    ajv.addSchema({ $id: "doc", ...document });
    const fits = (name: string, value: unknown) =>
      ajv.validate({ $ref: `doc#/components/schemas/${name}` }, value);
    const { post, postBatch } = edge();
    expect(fits("Accepted", (await post(goodText())).json())).toBe(true);
    expect(fits("Problem", (await post(goodText("1250", "-1"))).json())).toBe(true);
    expect(fits("Problem", (await post("{")).json())).toBe(true);
    const { body } = await postBatch(`${goodText()}\n{\n${goodText("EUR", "EUX")}\n`);
    for (const line of body.trimEnd().split("\n")) expect(fits("BatchResult", JSON.parse(line))).toBe(true);
    expect(fits("BatchResult", { line: 0, status: 202 })).toBe(false);
  });
});

describe("/asyncapi.json", () => {
  it("is a valid AsyncAPI 3 document of every topic", async () => {
    const { app } = edge();
    const asyncApi = (await app.inject({ url: "/asyncapi.json" })).json();
    const { $schema: _, ...schema } = specs.schemas["3.0.0"] as Record<string, unknown>;
    const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: false });
    const check = ajv.compile(withoutMetaSchemas(schema));
    check(asyncApi);
    expect(check.errors).toBeNull();
    expect(check({ ...asyncApi, channels: { x: { address: 1 } } })).toBe(false);
    const addresses = Object.values(asyncApi.channels as Record<string, { address: string }>).map(
      ({ address }) => address,
    );
    expect(addresses).toEqual(allTopics.map(({ name }) => name));
  });
});

/** The published schema is draft 07 and holds the meta schema, which Ajv has already. */
function withoutMetaSchemas(schema: Record<string, unknown>): Record<string, unknown> {
  const definitions = { ...(schema["definitions"] as Record<string, unknown>) };
  delete definitions["http://json-schema.org/draft-07/schema"];
  return { ...schema, definitions };
}

describe("/docs", () => {
  it("is a page whose every script, style and picture comes from here, and whose policy allows nothing else", async () => {
    const { app } = edge();
    const page = await app.inject({ url: "/docs" });
    expect(page.statusCode).toBe(200);
    const policy = String(page.headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
    const references = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = ""]) => url);
    expect(references.length).toBeGreaterThan(5);
    for (const url of references) {
      expect(url).not.toMatch(/^(https?:)?\/\//);
      const asset = await app.inject({ url: new URL(url, "http://x/docs").pathname });
      expect([url, asset.statusCode]).toEqual([url, 200]);
      expect(asset.headers["content-security-policy"]).toBe(policy);
      if (url.endsWith(".css")) expect(asset.body).not.toMatch(/@import|url\(\s*['"]?(https?:)?\/\//);
    }
    expect(page.body).not.toMatch(/<script>|on(load|click)=/);
  });

  it("shows the document of this service and asks no validator", async () => {
    const { app } = edge();
    const start = (await app.inject({ url: "/docs/static/swagger-initializer.js" })).body;
    expect(start).toContain('"validatorUrl":null');
    expect((await app.inject({ url: "/docs/json" })).json()).toEqual(document);
  });
});

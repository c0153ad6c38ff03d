// /docs, /openapi.json and /asyncapi.json. The page loads nothing from elsewhere, and its policy would not let it.

import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { asyncApiDocument } from "@riffle/contracts";
import type { FastifyInstance } from "fastify";
import { apiVersion, openApiDocument } from "./openapi.ts";

/** What the browser may load for the page: this service's own files. Styles of elements are set by its script. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Adds the routes; a Fastify plugin. */
export async function serveDocs(app: FastifyInstance): Promise<void> {
  const json = "application/json; charset=utf-8";
  const openApi = JSON.stringify(openApiDocument());
  const asyncApi = JSON.stringify(asyncApiDocument(apiVersion));
  app.get("/openapi.json", (_request, reply) => reply.type(json).send(openApi));
  app.get("/asyncapi.json", (_request, reply) => reply.type(json).send(asyncApi));
  await app.register(swagger, {
    mode: "static",
    specification: { document: JSON.parse(openApi) },
  });
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: contentSecurityPolicy,
    // Otherwise the page sends the address of the document to a validator on the Internet.
    uiConfig: { validatorUrl: null, deepLinking: true },
    theme: { title: "Riffle ingest" },
  });
}

// The dashboard's files, as they were built: dist/dashboard. Nothing of them is secret, so nobody is asked who they are.
//
//   D1. Files under /assets have their hash in their name and may be kept for ever; the page itself is asked for each time.
//   D2. Any other path that a browser asks for as a page is the page: its own addresses (`/alerts/…`) are told apart there.
//       At `/` it is the page for whoever asks: the address on the card answers curl too.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fastifyStatic } from "@fastify/static";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ConsolePart } from "./console-part.ts";

const builtFolder = fileURLToPath(new URL("../dist/dashboard", import.meta.url));

/** Serves the dashboard; the last part, for it answers whatever nobody else does. */
export const dashboardFiles: ConsolePart = {
  name: "dashboard",
  register: async (app, { log }) => {
    if (!existsSync(`${builtFolder}/index.html`)) {
      log.warn({ folder: builtFolder }, "the dashboard is not built: there is the API alone");
      return;
    }
    await app.register(fastifyStatic, { root: builtFolder, serve: false });
    const config = { access: "public" as const };
    app.get<{ Params: { readonly "*": string } }>("/assets/*", { config }, (request, reply) =>
      reply.sendFile(`assets/${request.params["*"]}`, { maxAge: "365d", immutable: true }),
    );
    app.get("/*", { config }, page);
  },
};

const page = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const asked = request.headers.accept?.includes("text/html") === true && !request.url.startsWith("/v1/");
  if (asked || request.url === "/")
    return reply.header("cache-control", "no-cache").sendFile("index.html", { cacheControl: false });
  reply.callNotFound();
  return reply;
};

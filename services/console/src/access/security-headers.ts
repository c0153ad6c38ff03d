// What browsers are told to refuse: everything that does not come from here.
//
//   H1. A page may load from this host alone, run no inline script and no inline style, be framed by nobody and post
//       nowhere else. (uPlot sets style attributes through the CSSOM, which the policy allows.)
//   H2. Strict-Transport-Security is for the proxy that ends TLS: this service does not know whether one does.

import { fastifyHelmet } from "@fastify/helmet";
import type { FastifyInstance } from "fastify";

const self = ["'self'"];
const none = ["'none'"];

/** Adds the headers to every answer. */
export function addSecurityHeaders(app: FastifyInstance): void {
  app.register(fastifyHelmet, {
    global: true,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: none,
        scriptSrc: self,
        styleSrc: self,
        imgSrc: self,
        fontSrc: self,
        connectSrc: self,
        baseUri: none,
        formAction: self,
        frameAncestors: none,
      },
    },
    crossOriginOpenerPolicy: { policy: "same-origin" },
    crossOriginResourcePolicy: { policy: "same-origin" },
    referrerPolicy: { policy: "no-referrer" },
    strictTransportSecurity: false,
    xFrameOptions: { action: "deny" },
  });
}

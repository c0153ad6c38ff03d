// The cookie of a session, in and out.
//
//   K1. HttpOnly, SameSite=Strict, Path=/, no Domain; Secure, and named `__Host-…` so that the browser holds us to it,
//       unless the page is on the machine itself, where there is no TLS.

import type { FastifyRequest } from "fastify";
import { isLoopbackHost } from "./origin.ts";

const secureName = "__Host-riffle-session";
const loopbackName = "riffle-session";

/** The token in the request's cookie. */
export function sessionTokenOf(request: FastifyRequest): string | undefined {
  const header = request.headers.cookie;
  return header === undefined ? undefined : request.server.parseCookie(header)[nameFor(request)];
}

/** The header that sets the cookie, for as long as the browser is open. */
export const cookieWith = (request: FastifyRequest, token: string): string => cookie(request, token, {});

/** The header that removes it. */
export const cookieWithout = (request: FastifyRequest): string => cookie(request, "", { maxAge: 0 });

function cookie(request: FastifyRequest, value: string, more: { readonly maxAge?: number }): string {
  const name = nameFor(request);
  return request.server.serializeCookie(name, value, {
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    secure: name === secureName,
    ...more,
  });
}

/** By the name that the browser has for us: it alone decides what the cookie must be. */
const nameFor = (request: FastifyRequest): string =>
  isLoopbackHost(request.headers.host) && request.headers["x-forwarded-proto"] !== "https"
    ? loopbackName
    : secureName;

// The cookies of a session and of a sign-in under way, in and out.
//
//   K1. HttpOnly, SameSite=Strict, Path=/, no Domain; Secure, and named `__Host-…` so that the browser holds us to it,
//       unless the page is on the machine itself, where there is no TLS.
//   K2. That of a sign-in is SameSite=Lax, for the provider sends the browser back, and lives as long as the sign-in may take.
//       It opens nothing but the end of that sign-in.

import type { FastifyRequest } from "fastify";
import { isLoopbackHost } from "./origin.ts";

type Purpose = "session" | "sign-in";

/** The token in the request's cookie. */
export const sessionTokenOf = (request: FastifyRequest): string | undefined => tokenOf(request, "session");

/** The header that sets the cookie, for as long as the browser is open. */
export const cookieWith = (request: FastifyRequest, token: string): string =>
  cookie(request, "session", token, {});

/** The header that removes it. */
export const cookieWithout = (request: FastifyRequest): string =>
  cookie(request, "session", "", { maxAge: 0 });

/** The token of the sign-in that the browser is under way with. */
export const signInTokenOf = (request: FastifyRequest): string | undefined => tokenOf(request, "sign-in");

/** The header that sets its cookie. */
export const signInCookieWith = (request: FastifyRequest, token: string, lifeMs: number): string =>
  cookie(request, "sign-in", token, { maxAge: lifeMs / 1_000, sameSite: "lax" });

/** The header that removes it. */
export const signInCookieWithout = (request: FastifyRequest): string =>
  cookie(request, "sign-in", "", { maxAge: 0, sameSite: "lax" });

function tokenOf(request: FastifyRequest, purpose: Purpose): string | undefined {
  const header = request.headers.cookie;
  return header === undefined ? undefined : request.server.parseCookie(header)[nameFor(request, purpose)];
}

function cookie(
  request: FastifyRequest,
  purpose: Purpose,
  value: string,
  more: { readonly maxAge?: number; readonly sameSite?: "lax" },
): string {
  return request.server.serializeCookie(nameFor(request, purpose), value, {
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    secure: !isPlain(request),
    ...more,
  });
}

const nameFor = (request: FastifyRequest, purpose: Purpose): string =>
  `${isPlain(request) ? "" : "__Host-"}riffle-${purpose}`;

/** By the name that the browser has for us: it alone decides what the cookie must be. */
const isPlain = (request: FastifyRequest): boolean =>
  isLoopbackHost(request.headers.host) && request.headers["x-forwarded-proto"] !== "https";

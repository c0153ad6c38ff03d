// The routes of a sign-in by the OpenID provider. Both are where a browser goes, not what a script calls.
//
//   GET /v1/session/oidc           ?to=/alerts: to the provider, and back to that page in the end
//   GET /v1/session/oidc/callback  where the provider sends the browser: begins a session, and goes on
//
//   L1. Whoever is refused is told on the sign-in page, by a code that it has a sentence for; a program gets the problem.
//   L2. From one network ten sign-ins may be begun at once, then one every five seconds (tries.ts). One that lets somebody in, or
//       that cannot be begun because the provider does not answer, is given back.

import type { Logger } from "@riffle/service-kit/process";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type ConsoleProblem, sendProblem } from "../../problem.ts";
import type { Doorkeeper } from "../doorkeeper.ts";
import {
  cookieWith,
  sessionTokenOf,
  signInCookieWith,
  signInCookieWithout,
  signInTokenOf,
} from "../session-cookie.ts";
import { Tries } from "../tries.ts";
import { callbackPath } from "./config.ts";
import { PendingSignIns, signInWithinMs } from "./pending-sign-ins.ts";
import { type OpenIdProvider, SignInError, type SignInFault } from "./provider.ts";
import { pathWithNotice, returnPath } from "./return-path.ts";

/** What the routes are made of. */
export interface SignInRoutesOptions {
  readonly provider: OpenIdProvider;
  readonly doorkeeper: Doorkeeper;
  readonly log: Logger;
  /** Wall clock, epoch milliseconds. */
  readonly nowMs: () => number;
}

const details: Readonly<Record<SignInFault, string>> = {
  "authority-unreachable": "The provider cannot be asked at the moment. Sign in again later.",
  "sign-in-denied": "The provider did not let this person in, or the person gave up there.",
  "sign-in-refused": "What the provider answered does not hold; the log of the console has the reason.",
};
const notUnderWay: ConsoleProblem = {
  code: "sign-in-expired",
  detail:
    "This sign-in was not begun in this browser at this address, was used before, or took longer than ten minutes. Begin it again.",
};
const tooOften = (retryAfterS: number): ConsoleProblem => ({
  code: "login-too-often",
  detail: "From this network too many sign-ins were begun and not ended. Try again later.",
  headers: { "retry-after": String(retryAfterS) },
});

/** Adds the routes. */
export function addSignInRoutes(app: FastifyInstance, options: SignInRoutesOptions): void {
  const { provider, doorkeeper, log, nowMs } = options;
  const pending = new PendingSignIns(nowMs);
  const starts = new Tries(nowMs);
  const problemOf = (error: unknown): ConsoleProblem => {
    if (!(error instanceof SignInError)) throw error;
    log.warn({ fault: error.fault, reason: error.message }, "a sign-in by the OpenID provider failed");
    return { code: error.fault, detail: details[error.fault] };
  };

  app.get("/v1/session/oidc", { config: { access: "public" } }, async (request, reply) => {
    const returnTo = returnPath((request.query as { readonly to?: unknown }).to);
    const { ip: address } = request;
    const waitS = starts.charge(address);
    if (waitS > 0) return refuse(request, reply, tooOften(waitS), returnTo);
    try {
      const { url, secrets } = await provider.begin();
      const token = pending.begin({ secrets, returnTo, replaces: sessionTokenOf(request), address });
      return reply.header("set-cookie", signInCookieWith(request, token, signInWithinMs)).redirect(url, 303);
    } catch (error) {
      starts.giveBack(address);
      return refuse(request, reply, problemOf(error), returnTo);
    }
  });

  app.get(callbackPath, { config: { access: "public" } }, async (request, reply) => {
    const { state } = request.query as { readonly state?: unknown };
    const signIn = pending.take(signInTokenOf(request), state);
    if (signIn === undefined) return refuse(request, reply, notUnderWay, "/");
    const { secrets, returnTo, replaces, address } = signIn;
    reply.header("set-cookie", signInCookieWithout(request));
    try {
      const person = await provider.finish(new URL(request.url, "http://console").search, secrets);
      const begun = doorkeeper.enter(person, replaces);
      if (begun.kind === "refused") return refuse(request, reply, begun.problem, returnTo);
      starts.giveBack(address);
      return reply.header("set-cookie", cookieWith(request, begun.token)).redirect(returnTo, 303);
    } catch (error) {
      return refuse(request, reply, problemOf(error), returnTo);
    }
  });
}

/** L1. */
function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: ConsoleProblem,
  returnTo: string,
): FastifyReply {
  const isBrowser = request.headers.accept?.includes("text/html") === true;
  return isBrowser
    ? reply.redirect(pathWithNotice(returnTo, problem.code), 303)
    : sendProblem(reply, problem);
}

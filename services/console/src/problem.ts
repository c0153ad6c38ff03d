// What a refused request is answered with, by code; the shape is service-kit's (problem-details.ts), as at ingest.

import { type ProblemDetails, problemHeaders, problemMembers } from "@riffle/service-kit/process";
import type { FastifyReply } from "fastify";

/** Every problem that the console answers with. */
export const consoleProblems = {
  "malformed-request": { status: 400, title: "The request is not one that this path takes" },
  "invalid-query": { status: 400, title: "A parameter of the query is not what it must be" },
  "invalid-cursor": { status: 400, title: "The cursor is not one that this service gave" },
  "sign-in-expired": { status: 400, title: "No such sign-in is under way in this browser" },
  "invalid-feed-query": { status: 400, title: "The feed is not asked for as it must be" },
  unauthenticated: { status: 401, title: "The request does not say who sends it" },
  "role-missing": { status: 403, title: "This reader may not do that" },
  "csrf-token-wrong": { status: 403, title: "The request does not carry the session's token" },
  "foreign-origin": { status: 403, title: "The request comes from another site" },
  "sign-in-denied": { status: 403, title: "The OpenID provider let nobody in" },
  "sign-in-refused": { status: 403, title: "The answer of the OpenID provider does not hold" },
  "not-found": { status: 404, title: "There is no such thing in the read model" },
  "unknown-path": { status: 404, title: "There is nothing at this path" },
  "method-not-allowed": { status: 405, title: "This path does not take this method" },
  "case-version-conflict": { status: 409, title: "Somebody else changed the case meanwhile" },
  "body-too-large": { status: 413, title: "The body is larger than 64 KiB" },
  "unsupported-media-type": {
    status: 415,
    title: "The body is of a media type that this path does not take",
  },
  "case-command-refused": { status: 422, title: "The case does not take this command as it stands" },
  "login-too-often": { status: 429, title: "Too many keys were tried or sign-ins begun" },
  "too-many-feeds": { status: 429, title: "This reader has as many feeds open as one may" },
  "internal-error": { status: 500, title: "The service failed; this is our fault" },
  "case-desk-unavailable": { status: 503, title: "Nobody works at the desk of this case now" },
  "case-outcome-unknown": { status: 503, title: "Whether the command took effect is not known" },
  "authority-unreachable": {
    status: 503,
    title: "The issuer of tokens, or the OpenID provider, cannot be asked",
  },
  "reading-not-on-record": { status: 503, title: "The reading cannot be put on record, so nothing is shown" },
  "feed-full": { status: 503, title: "The feed has as many clients as it can serve" },
  "ingest-unreachable": { status: 503, title: "Ingest did not take the scenario" },
} as const;

/** A stable code of {@link consoleProblems}. */
export type ConsoleProblemCode = keyof typeof consoleProblems;

/** A problem, ready to be answered. */
export type ConsoleProblem = ProblemDetails<ConsoleProblemCode>;

/** Answers with a problem. As an object, not as text: account ids leave an answer by the guard (G3 of access/guard.ts). */
export const sendProblem = (reply: FastifyReply, problem: ConsoleProblem): FastifyReply =>
  reply
    .code(consoleProblems[problem.code].status)
    .headers(problemHeaders(consoleProblems, problem))
    .send(problemMembers(consoleProblems, problem, reply.request.id));

/** The problem behind an error of the HTTP framework; undefined when the error is ours. */
export const frameworkProblem = (error: unknown): ConsoleProblem | undefined => {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  const status = Number(error.statusCode);
  if (status === 413) return { code: "body-too-large", detail: "No body of this API is larger than 64 KiB." };
  if (status === 415) {
    return { code: "unsupported-media-type", detail: "Send the body with Content-Type: application/json." };
  }
  if (status < 400 || status > 499) return undefined;
  return { code: "malformed-request", detail: "The request could not be read." };
};

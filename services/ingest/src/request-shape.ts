// What a request must look like before its body is read: path, method, media type.

import type { KnownPaths } from "@riffle/service-kit/process";
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";
import type { Problem } from "./problem.ts";

/** The problem of a request that no route takes: its path does not exist, or takes other methods. */
export function unroutedProblem(paths: KnownPaths, { url, method }: FastifyRequest): Problem {
  const allow = paths.allow(url, method);
  if (allow === undefined) {
    return {
      code: "unknown-path",
      detail: "Transactions are sent with POST /v1/transactions; the API is described at /docs.",
    };
  }
  return { code: "method-not-allowed", detail: `This path takes ${allow}.`, headers: { allow } };
}

/** A media type, with no parameter but charset=utf-8. Anything cleverer has been a way around validation. */
const mediaTypeShape = /^([a-z]+\/[a-z-]+)[ \t]*(?:;[ \t]*charset[ \t]*=[ \t]*"?utf-8"?[ \t]*)?$/i;

/** Refuses what comes in another media type, or encoded. */
export function mediaTypeHook(
  types: readonly string[],
  sendProblem: (reply: FastifyReply, problem: Problem) => FastifyReply,
): onRequestHookHandler {
  const problem: Problem = {
    code: "unsupported-media-type",
    detail: `Send it with Content-Type: ${types.join(" or ")}, in UTF-8.`,
  };
  const encoded: Problem = {
    code: "unsupported-media-type",
    detail: "Send the body without Content-Encoding.",
  };
  return ({ headers }, reply, done) => {
    const encoding = headers["content-encoding"];
    const type = mediaTypeShape.exec(headers["content-type"] ?? "")?.[1]?.toLowerCase();
    if (encoding !== undefined && encoding !== "identity") sendProblem(reply, encoded);
    else if (type === undefined || !types.includes(type)) sendProblem(reply, problem);
    else done();
  };
}

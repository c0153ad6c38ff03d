// The hooks of the routes that ask who it is.

import type { FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";
import type { Problem } from "../problem.ts";
import type { Admission } from "./admission.ts";
import type { Identity, Scope, Verdict } from "./identity.ts";

/** The hooks, and the question a batch asks for each of its transactions. */
export interface Door {
  /** Lets in who may do this. */
  opens(scope: Scope): onRequestHookHandler;
  /** Counts the request as one transaction of its sender; behind `opens`. */
  readonly admits: onRequestHookHandler;
  /** Counts one transaction of the request's sender. */
  readonly admission: (request: FastifyRequest) => Problem | undefined;
}

/** Makes the hooks. A request's sender is known to the door alone, and only while the request lives. */
export function doorOf(
  admission: Admission,
  sendProblem: (reply: FastifyReply, problem: Problem) => FastifyReply,
): Door {
  const senders = new WeakMap<FastifyRequest, Identity>();
  const admit = (request: FastifyRequest): Problem | undefined => {
    const sender = senders.get(request);
    // Behind a route that forgot to ask nobody is let in.
    return sender === undefined ? unknownSender : admission.admit(sender);
  };
  return {
    opens: (scope) => (request, reply, done) => {
      const enter = (verdict: Verdict): void => {
        if (verdict.kind === "refused") {
          sendProblem(reply, verdict.problem);
          return;
        }
        senders.set(request, verdict.identity);
        done();
      };
      const verdict = admission.identify(request.headers, scope);
      if (verdict instanceof Promise) void verdict.then(enter, done);
      else enter(verdict);
    },
    admits: (request, reply, done) => {
      const problem = admit(request);
      if (problem === undefined) done();
      else sendProblem(reply, problem);
    },
    admission: admit,
  };
}

const unknownSender: Problem = { code: "unauthenticated", detail: "The sender is not known." };

// The hooks of the routes that ask who it is.

import type { Identity, Scope } from "@riffle/service-kit/access";
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";
import type { Problem } from "../problem.ts";
import type { Admission, Entry } from "./admission.ts";

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
      const enter = (entry: Entry): void => {
        if (entry.kind === "refused") {
          sendProblem(reply, entry.problem);
          return;
        }
        senders.set(request, entry.identity);
        done();
      };
      const entry = admission.identify(request.headers, scope);
      if (entry instanceof Promise) void entry.then(enter, done);
      else enter(entry);
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

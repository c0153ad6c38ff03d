// The routes of cases: a page of them, one with its history at any time, and commands.
//
//   R1. A command is answered by the desk after its commit. What GET shows follows within moments, from the read model.
//   R2. Only an analyst gives commands, and the name in the event is the one that the guard found.

import { type AsOf, caseRefusals, caseView } from "@riffle/cases";
import { caseIdPattern, caseStatuses } from "@riffle/contracts";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Reader } from "../access/reader.ts";
import { type ConsoleProblem, sendProblem } from "../problem.ts";
import type { ReadModel } from "../read-model/read-model.ts";
import { Query, QueryFault } from "../routes/query.ts";
import type { CaseDesk } from "./case-desk.ts";
import { caseEventAt, caseHistory, isCaseKnown, listCases } from "./case-queries.ts";
import { readCommandBody } from "./command-body.ts";
import type { CaseAnswer } from "./pending-command.ts";

/** What the routes are made of. */
export interface CaseRoutesOptions {
  readonly desk: CaseDesk;
  readonly model: ReadModel;
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
}

const caseIdShape = new RegExp(caseIdPattern);

/** Adds the routes. */
export function addCaseRoutes(app: FastifyInstance, options: CaseRoutesOptions): void {
  const { database } = options.model;
  app.get("/v1/cases", { config: { access: "viewer" } }, async (request) => {
    const query = new Query(request.query, ["status", "assignee", "account", "limit", "after"]);
    return listCases(database, {
      status: query.oneOf("status", caseStatuses),
      assignee: query.text("assignee"),
      accountId: query.text("account"),
      limit: query.limit(),
      after: query.after(["number", "string"]),
    });
  });
  app.get<{ Params: { readonly id: string } }>(
    "/v1/cases/:id",
    { config: { access: "viewer" } },
    async (request, reply) => {
      const query = new Query(request.query, ["version", "asOf", "from"]);
      const asOf = asOfOf(query);
      const from = query.integer("from", { min: 1, max: Number.MAX_SAFE_INTEGER, default: 0 }) || undefined;
      const found = caseHistory(database, request.params.id, { asOf, from });
      return found ?? sendProblem(reply, notFound(options.model, asOf));
    },
  );
  app.post<{ Params: { readonly id: string } }>(
    "/v1/cases/:id/commands",
    { config: { access: "analyst" } },
    async (request, reply) => await command(options, request, reply),
  );
}

async function command(
  { desk, model, now }: CaseRoutesOptions,
  request: FastifyRequest<{ Params: { readonly id: string } }>,
  reply: FastifyReply,
): Promise<unknown> {
  const { id } = request.params;
  const sent = readCommandBody(request.body);
  if ("fault" in sent) return sendProblem(reply, { code: "malformed-request", detail: sent.fault });
  if (!caseIdShape.test(id)) return sendProblem(reply, notFound(model));
  const answer = await desk.submit(id, { ...sent, by: readerOf(request).name, atMs: now() });
  if (answer.kind !== "done") return sendProblem(reply, problemOf(answer, id, model));
  const { state, version, event } = answer;
  return {
    case: caseView(state),
    event: event ?? caseEventAt(model.database, id, version) ?? null,
    repeated: event === undefined,
  };
}

function problemOf(
  answer: Exclude<CaseAnswer, { kind: "done" }>,
  id: string,
  model: ReadModel,
): ConsoleProblem {
  switch (answer.kind) {
    case "conflict": {
      const { currentVersion, by } = answer;
      const detail = `The case is at version ${currentVersion} by now. Look at what changed and give the command again.`;
      return { code: "case-version-conflict", detail, members: { currentVersion, by } };
    }
    case "refused": {
      const { refusal } = answer;
      return { code: "case-command-refused", detail: caseRefusals[refusal], members: { refusal } };
    }
    case "invalid":
      return {
        code: "malformed-request",
        detail: `"${answer.field ?? "the command"}" is not what an event may hold.`,
      };
    case "unknown-case":
      // The read model has cases of all partitions, the desk those of its own.
      return isCaseKnown(model.database, id) ? unavailable : notFound(model);
    case "unavailable":
      return unavailable;
    case "outcome-unknown":
      return {
        code: "case-outcome-unknown",
        detail:
          "The command was not confirmed in time. Send it again with the same commandId: it takes effect once.",
      };
  }
}

const unavailable: ConsoleProblem = {
  code: "case-desk-unavailable",
  detail:
    "The desk of this case is being handed over, or has too much to do. Nothing was recorded; send the command again.",
};

function notFound(model: ReadModel, asOf?: AsOf): ConsoleProblem {
  const then =
    asOf === undefined ? "There is no such case" : "There is no such case, or it was not opened by then";
  const { phase, percent } = model.progress();
  const rebuilding = phase === "rebuilding" ? ` The read model is ${percent} % built; it may come yet.` : "";
  return { code: "not-found", detail: `${then}.${rebuilding}` };
}

/** @throws QueryFault for both at once, or what is neither */
function asOfOf(query: Query): AsOf | undefined {
  const version = query.integer("version", { min: 0, max: Number.MAX_SAFE_INTEGER, default: -1 });
  const atMs = query.instant("asOf", -1);
  if (version >= 0 && atMs >= 0) throw new QueryFault("invalid-query", "Give version or asOf, not both.");
  if (version >= 0) return { version };
  return atMs >= 0 ? { atMs } : undefined;
}

/** @throws Error where no guard ran: a command of nobody is not taken */
function readerOf({ reader }: FastifyRequest): Reader {
  if (reader !== null && reader !== undefined) return reader;
  throw new Error("A command on a case came past the guard: add the guard before the routes.");
}

// GET /v1/dead-letters: what could not be processed; one of them with its value, for those who may see it.

import { formatEventTime } from "@riffle/contracts";
import type { FastifyInstance } from "fastify";
import type { DeadLetterItem, Page } from "../answers.ts";
import type { ConsoleContext } from "../console-part.ts";
import { sendProblem } from "../problem.ts";
import { pageOf, Query } from "./query.ts";
import { notFound } from "./transactions.ts";

interface Row {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly reasonCode: string;
  readonly message: string;
  readonly originalTopic: string | null;
  readonly originalPartition: number | null;
  readonly originalOffset: number | null;
  readonly eventMs: number;
}

interface Place {
  readonly Params: { readonly topic: string; readonly partition: string; readonly offset: string };
}

const columns = `topic, partition, offset, key, reason_code AS reasonCode, message, original_topic AS originalTopic,
  original_partition AS originalPartition, original_offset AS originalOffset, event_ms AS eventMs`;

/** Adds the routes. */
export const deadLetterRoutes = (app: FastifyInstance, { model }: ConsoleContext): void => {
  const { database } = model;
  app.get(
    "/v1/dead-letters",
    { config: { access: "viewer" } },
    async (request): Promise<Page<DeadLetterItem>> => {
      const query = new Query(request.query, ["limit", "after"]);
      const limit = query.limit();
      const place = query.after(["number", "string", "number", "number"]);
      const [eventMs, topic, partition, offset] = place ?? [Number.MAX_SAFE_INTEGER, "", 0, 0];
      const rows = database.iterate<Row>(
        `SELECT ${columns} FROM dead_letters WHERE (event_ms, topic, partition, offset) < (?, ?, ?, ?)
       ORDER BY event_ms DESC, topic DESC, partition DESC, offset DESC LIMIT ?`,
        eventMs ?? 0,
        topic ?? "",
        partition ?? 0,
        offset ?? 0,
        limit + 1,
      );
      return pageOf(rows, {
        limit,
        item: itemOf,
        place: (row) => [row.eventMs, row.topic, row.partition, row.offset],
        text: ({ message }) => message,
      });
    },
  );
  app.get<Place>(
    "/v1/dead-letters/:topic/:partition/:offset",
    { config: { access: "admin" } },
    async (request, reply) => {
      const { topic, partition, offset } = request.params;
      const isPlace = [partition, offset].every((number) => /^\d{1,15}$/.test(number));
      const row = isPlace
        ? database.get<Row & { readonly bytes: Uint8Array | null }>(
            `SELECT ${columns}, bytes FROM dead_letters WHERE topic = ? AND partition = ? AND offset = ?`,
            topic,
            Number(partition),
            Number(offset),
          )
        : undefined;
      if (row === undefined) return sendProblem(reply, notFound("dead letter", model));
      const value = row.bytes === null ? null : Buffer.from(row.bytes).toString("base64");
      return { ...itemOf(row), valueBase64: value };
    },
  );
};

const itemOf = ({
  topic,
  partition,
  offset,
  key,
  reasonCode,
  message,
  eventMs,
  ...original
}: Row): DeadLetterItem => ({
  topic,
  partition,
  offset,
  key,
  reasonCode,
  message,
  original:
    original.originalTopic === null
      ? null
      : {
          topic: original.originalTopic,
          partition: original.originalPartition,
          offset: original.originalOffset,
        },
  at: formatEventTime(Math.max(0, eventMs)),
});

// The body of a single transaction, as one piece of bytes.
//
// Fastify's own parser keeps every chunk until the body ends; here they are copied together as they come (G1 of
// gathered-bytes.ts). It ends in the same ways, with the same errors.

import { errorCodes, type FastifyRequest } from "fastify";
import { GatheredBytes } from "./gathered-bytes.ts";

type Done = (error: Error | null, body?: Buffer) => void;

/** Reads bodies of at most so many bytes; calls back with `FST_ERR_CTP_…`, or with what the connection ended with as a 400. */
export const bodyParser =
  (bytesMax: number) =>
  (request: FastifyRequest, payload: NodeJS.ReadableStream, done: Done): void => {
    const declared = Number(request.headers["content-length"]);
    if (declared > bytesMax) {
      done(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
      return;
    }
    const gathered = new GatheredBytes();
    const end = (error: Error | null, body?: Buffer): void => {
      payload.off("data", onData).off("end", onEnd).off("error", onError);
      done(error, body);
    };
    const onData = (chunk: Buffer): void => {
      if (gathered.length + chunk.length > bytesMax) end(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
      else gathered.add(chunk);
    };
    const onEnd = (): void => {
      const isShort = !Number.isNaN(declared) && gathered.length !== declared;
      if (isShort) end(new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH());
      else end(null, gathered.take());
    };
    const onError = (error: Error): void => end(Object.assign(error, { statusCode: 400 }));
    payload.on("data", onData).on("end", onEnd).on("error", onError).resume();
  };

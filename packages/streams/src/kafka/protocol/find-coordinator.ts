// FindCoordinator (10), version 2.
//
//   request  => key STRING, key_type INT8 (0 group, 1 transaction)
//   response => throttle_time_ms INT32, error_code INT16, error_message NULLABLE_STRING, node_id INT32, host STRING,
//               port INT32

import { ByteWriter } from "../bytes.ts";
import type { KafkaRequest } from "./request.ts";

/** Whose coordinator: a consumer group's or a transactional id's. */
export type CoordinatorKind = "group" | "transaction";

export const findCoordinator = (
  kind: CoordinatorKind,
  key: string,
): KafkaRequest<{ readonly errorCode: number; readonly nodeId: number }> => ({
  api: "FindCoordinator",
  apiKey: 10,
  apiVersion: 2,
  body: new ByteWriter()
    .string(key)
    .int8(kind === "group" ? 0 : 1)
    .bytes(),
  decode: (read) => {
    read.int32();
    const errorCode = read.int16();
    read.string();
    return { errorCode, nodeId: read.int32() };
  },
});

// DescribeGroups (15), version 4.
//
//   request  => [groups STRING], include_authorized_operations BOOLEAN
//   response => throttle_time_ms INT32, [groups: error_code INT16, group_id STRING, group_state STRING,
//               protocol_type STRING, protocol_data STRING, [members: member_id STRING,
//               group_instance_id NULLABLE_STRING, client_id STRING, client_host STRING, member_metadata BYTES,
//               member_assignment BYTES], authorized_operations INT32]

import { ByteWriter } from "../bytes.ts";
import type { KafkaRequest } from "./request.ts";

/** A group as its coordinator has it. One that does not exist is `Dead`. */
export interface DescribedGroup {
  readonly errorCode: number;
  readonly groupId: string;
  readonly state: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly clientId: string;
    readonly host: string;
    /** As the group's leader wrote it; empty while the group rebalances. */
    readonly assignment: Buffer;
  }[];
}

export const describeGroups = (groupIds: readonly string[]): KafkaRequest<DescribedGroup[]> => {
  const body = new ByteWriter();
  body.array(groupIds, (groupId) => {
    body.string(groupId);
  });
  return { api: "DescribeGroups", apiKey: 15, apiVersion: 4, body: body.boolean(false).bytes(), decode };
};

const decode: KafkaRequest<DescribedGroup[]>["decode"] = (read) => {
  read.int32();
  return read.array(() => {
    const errorCode = read.int16();
    const groupId = read.string() ?? "";
    const state = read.string() ?? "";
    read.string();
    read.string();
    const members = read.array(() => {
      const memberId = read.string() ?? "";
      const instanceId = read.string();
      const clientId = read.string() ?? "";
      const host = read.string() ?? "";
      read.bytes();
      return { memberId, instanceId, clientId, host, assignment: read.bytes() ?? Buffer.alloc(0) };
    });
    read.int32();
    return { errorCode, groupId, state, members };
  });
};

// What operators ask of groups: DescribeGroups (15), versions 2 and 4, and ListGroups (16), version 2.
//
//   DescribeGroups 4: see kafka/protocol/describe-groups.ts
//   DescribeGroups 2 request  => [group_ids STRING]
//   DescribeGroups 2 response => throttle_time_ms INT32, [groups: error_code INT16, group_id STRING, state STRING,
//               protocol_type STRING, protocol STRING, [members: member_id STRING, client_id STRING, client_host STRING,
//               metadata BYTES, assignment BYTES]]
//   ListGroups response     => throttle_time_ms INT32, error_code INT16, [groups: group_id STRING, protocol_type STRING]

import { ByteWriter } from "../../kafka/bytes.ts";
import { errorCodes } from "../../kafka/protocol/errors.ts";
import type { GroupDescription } from "../group-messages.ts";
import type { RequestHandler } from "./handler.ts";

const protocolType = "consumer";
const clientHost = "/127.0.0.1";
/** From this version on members have their instance ids, and groups what the asker may do. */
const laterVersion = 4;
/** `authorized_operations` where nobody asked for them. */
const operationsUnknown = -2_147_483_648;
/** What a coordinator says of a group that it does not know. */
const unknown: GroupDescription = { state: "Dead", protocol: "", members: [] };

export const describeGroups: RequestHandler = ({ cluster, nodeId, apiVersion }, read, answer) => {
  const isLater = apiVersion >= laterVersion;
  const groupIds = read.array(() => read.string() ?? "");
  const write = new ByteWriter(1024).int32(0);
  write.array(groupIds, (groupId) => {
    const fault = cluster.coordinatorFault(nodeId, "group", groupId);
    const { state, protocol, members } =
      (fault === errorCodes.NONE ? cluster.groups.get(groupId)?.membership.describe() : undefined) ?? unknown;
    write.int16(fault).string(groupId).string(state).string(protocolType).string(protocol);
    write.array(members, (member) => {
      write.string(member.memberId);
      if (isLater) write.string(member.instanceId);
      write.string(member.clientId).string(clientHost);
      write.int32(member.metadata.length).raw(member.metadata);
      write.int32(member.assignment.length).raw(member.assignment);
    });
    if (isLater) write.int32(operationsUnknown);
  });
  answer(write);
};

export const listGroups: RequestHandler = ({ cluster, nodeId }, _read, answer) => {
  const own = [...cluster.groups.keys()].filter(
    (groupId) => cluster.coordinatorFault(nodeId, "group", groupId) === errorCodes.NONE,
  );
  const write = new ByteWriter().int32(0).int16(errorCodes.NONE);
  answer(
    write.array(own, (groupId) => {
      write.string(groupId).string(protocolType);
    }),
  );
};

// The requests of a group's members: JoinGroup (11) version 5, Heartbeat (12), LeaveGroup (13) and SyncGroup (14)
// version 3.

import { ByteWriter } from "../../kafka/bytes.ts";
import { errorCodes } from "../../kafka/protocol/errors.ts";
import type { JoinAnswer, SyncAnswer } from "../group-messages.ts";
import type { RequestHandler } from "./handler.ts";

const noBytes = Buffer.alloc(0);

export const joinGroup: RequestHandler = ({ cluster, nodeId, clientId }, read, answer) => {
  const groupId = read.string() ?? "";
  const sessionTimeoutMs = read.int32();
  const rebalanceTimeoutMs = read.int32();
  const memberId = read.string() ?? "";
  const instanceId = read.string();
  read.string();
  const [first] = read.array(() => ({ protocol: read.string() ?? "", metadata: read.bytes() ?? noBytes }));
  const { protocol, metadata } = first ?? { protocol: "", metadata: noBytes };
  const tell = (joined: JoinAnswer): void => {
    cluster.note("JoinGroup", joined.errorCode);
    const write = new ByteWriter().int32(0).int16(joined.errorCode).int32(joined.generationId);
    write.string(joined.protocol).string(joined.leaderId).string(joined.memberId);
    answer(
      write.array(joined.members, (member) => {
        write.string(member.memberId).string(member.instanceId);
        write.int32(member.metadata.length).raw(member.metadata);
      }),
    );
  };
  const fault = cluster.coordinatorFault(nodeId, "group", groupId);
  if (fault !== errorCodes.NONE) {
    return tell({ errorCode: fault, generationId: -1, protocol: "", leaderId: "", memberId, members: [] });
  }
  const timeouts = { sessionTimeoutMs, rebalanceTimeoutMs };
  const request = { memberId, instanceId, clientId, ...timeouts, protocol, metadata };
  cluster.group(groupId).membership.join(request, tell);
};

export const syncGroup: RequestHandler = ({ cluster, nodeId }, read, answer) => {
  const groupId = read.string() ?? "";
  const generation = read.int32();
  const memberId = read.string() ?? "";
  const instanceId = read.string();
  const assignments = new Map(read.array(() => [read.string() ?? "", read.bytes() ?? noBytes] as const));
  const tell = ({ errorCode, assignment }: SyncAnswer): void => {
    cluster.note("SyncGroup", errorCode);
    answer(new ByteWriter().int32(0).int16(errorCode).int32(assignment.length).raw(assignment));
  };
  const fault = cluster.coordinatorFault(nodeId, "group", groupId);
  if (fault !== errorCodes.NONE) return tell({ errorCode: fault, assignment: noBytes });
  cluster.group(groupId).membership.sync({ memberId, instanceId }, generation, assignments, tell);
};

export const heartbeat: RequestHandler = ({ cluster, nodeId }, read, answer) => {
  const groupId = read.string() ?? "";
  const generation = read.int32();
  const memberId = read.string() ?? "";
  const name = { memberId, instanceId: read.string() };
  const errorCode =
    cluster.coordinatorFault(nodeId, "group", groupId) ||
    cluster.group(groupId).membership.heartbeat(name, generation);
  cluster.note("Heartbeat", errorCode);
  answer(new ByteWriter().int32(0).int16(errorCode));
};

export const leaveGroup: RequestHandler = ({ cluster, nodeId }, read, answer) => {
  const groupId = read.string() ?? "";
  const names = read.array(() => ({ memberId: read.string() ?? "", instanceId: read.string() }));
  const fault = cluster.coordinatorFault(nodeId, "group", groupId);
  const write = new ByteWriter().int32(0).int16(fault);
  write.array(fault === errorCodes.NONE ? names : [], (name) => {
    write.string(name.memberId).string(name.instanceId).int16(cluster.group(groupId).membership.leave(name));
  });
  answer(write);
};

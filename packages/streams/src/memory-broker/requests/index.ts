// The APIs of the broker in memory, by key, and how one that arrived is served.

import { ByteReader, type ByteWriter } from "../../kafka/bytes.ts";
import type { BrokerCluster } from "../cluster.ts";
import { apiVersions } from "./api-versions.ts";
import { fetch } from "./fetch.ts";
import { heartbeat, joinGroup, leaveGroup, syncGroup } from "./group.ts";
import { describeGroups, listGroups } from "./group-descriptions.ts";
import type { Api, OfferedApi } from "./handler.ts";
import { findCoordinator, metadata } from "./lookup.ts";
import { listOffsets, offsetFetch } from "./offsets.ts";
import { produce } from "./produce.ts";
import { createTopics, describeConfigs } from "./topics.ts";
import { describeProducers, describeTransactions, listTransactions } from "./transaction-descriptions.ts";
import {
  addOffsetsToTransaction,
  addPartitionsToTransaction,
  endTransaction,
  initProducerId,
  transactionOffsetCommit,
} from "./transactions.ts";

/** What a client may ask, by key. */
const apis: ReadonlyMap<number, Api> = new Map<number, Api>([
  [0, { handler: produce, versions: [9, 10, 11, 12] }],
  [1, { handler: fetch, versions: [11] }],
  [2, { handler: listOffsets, versions: [2] }],
  // Version 12 is asked for without agreement, by a client that wants to know who a topic is.
  [3, { handler: metadata, versions: [4, 12], offers: [4] }],
  [9, { handler: offsetFetch, versions: [4, 7] }],
  [10, { handler: findCoordinator, versions: [1, 2] }],
  [11, { handler: joinGroup, versions: [5] }],
  [12, { handler: heartbeat, versions: [3] }],
  [13, { handler: leaveGroup, versions: [3] }],
  [14, { handler: syncGroup, versions: [3] }],
  [15, { handler: describeGroups, versions: [2, 4] }],
  [16, { handler: listGroups, versions: [2] }],
  [18, { handler: apiVersions, versions: [0, 1, 2, 3] }],
  [19, { handler: createTopics, versions: [2, 3] }],
  [22, { handler: initProducerId, versions: [4] }],
  [24, { handler: addPartitionsToTransaction, versions: [3] }],
  [25, { handler: addOffsetsToTransaction, versions: [3] }],
  [26, { handler: endTransaction, versions: [3, 4, 5] }],
  [28, { handler: transactionOffsetCommit, versions: [3, 4, 5] }],
  [32, { handler: describeConfigs, versions: [2, 4] }],
  [61, { handler: describeProducers, versions: [0] }],
  [65, { handler: describeTransactions, versions: [0] }],
  [66, { handler: listTransactions, versions: [0] }],
]);

/** What a client is told that it may ask. */
const offeredApis: readonly OfferedApi[] = [...apis].map(([key, { versions, offers = versions }]) => ({
  key,
  min: Math.min(...offers),
  max: Math.max(...offers),
}));

/** A request without the length and the correlation id around it. */
export interface ArrivedRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly clientId?: string;
  /** What follows the classic request header. */
  readonly body: Buffer;
}

/**
 * Serves a request that has reached a node of the cluster.
 *
 * @param reply takes the answer's bytes after its correlation id, now or later, at most once
 * @throws TypeError when it has no such version of the API; RangeError when the body ends too early
 */
export const serve = (
  cluster: BrokerCluster,
  nodeId: number,
  request: ArrivedRequest,
  reply: (answer: Buffer) => void,
): void => {
  const { apiKey, apiVersion, clientId = "" } = request;
  const api = apis.get(apiKey);
  if (api === undefined || !api.versions.includes(apiVersion)) {
    throw new TypeError(
      `The broker in memory has no version ${apiVersion} of API ${apiKey}; it has ${api?.versions.join(", ") ?? "none"}.`,
    );
  }
  const answer = (write: ByteWriter): void => reply(Buffer.from(write.bytes()));
  api.handler({ cluster, nodeId, apiVersion, clientId, offeredApis }, new ByteReader(request.body), answer);
};

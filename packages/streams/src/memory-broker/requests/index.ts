// The APIs of the broker in memory, by key.

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
export const apis: ReadonlyMap<number, Api> = new Map<number, Api>([
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
export const offeredApis: readonly OfferedApi[] = [...apis].map(([key, { versions, offers = versions }]) => ({
  key,
  min: Math.min(...offers),
  max: Math.max(...offers),
}));

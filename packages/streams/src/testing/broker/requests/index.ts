// The APIs of the broker in memory, by key.

import { fetch } from "./fetch.ts";
import { heartbeat, joinGroup, leaveGroup, syncGroup } from "./group.ts";
import type { RequestHandler } from "./handler.ts";
import { apiVersions, describeConfigs, findCoordinator, metadata } from "./lookup.ts";
import { listOffsets, offsetFetch } from "./offsets.ts";
import { produce } from "./produce.ts";
import {
  addOffsetsToTransaction,
  addPartitionsToTransaction,
  endTransaction,
  initProducerId,
  transactionOffsetCommit,
} from "./transactions.ts";

/** What a client may ask. */
export const requestHandlers: ReadonlyMap<number, RequestHandler> = new Map([
  [0, produce],
  [1, fetch],
  [2, listOffsets],
  [3, metadata],
  [9, offsetFetch],
  [10, findCoordinator],
  [11, joinGroup],
  [12, heartbeat],
  [13, leaveGroup],
  [14, syncGroup],
  [18, apiVersions],
  [22, initProducerId],
  [24, addPartitionsToTransaction],
  [25, addOffsetsToTransaction],
  [26, endTransaction],
  [28, transactionOffsetCommit],
  [32, describeConfigs],
]);

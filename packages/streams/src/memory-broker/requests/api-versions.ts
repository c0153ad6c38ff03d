// ApiVersions (18), versions 0 to 3: what a client may ask. Version 3 has the finalized features besides.
//
//   response to 0–2 => error_code INT16, [api_key INT16, min_version INT16, max_version INT16], from 1 on throttle_time_ms INT32
//   response to 3: see kafka/protocol/api-versions.ts

import { ByteWriter } from "../../kafka/bytes.ts";
import type { RequestHandler } from "./handler.ts";

const finalizedFeaturesTag = 2;
const flexibleFrom = 3;

export const apiVersions: RequestHandler = ({ cluster, apiVersion, offeredApis }, _read, answer) => {
  const write = new ByteWriter().int16(0);
  if (apiVersion < flexibleFrom) {
    write.array(offeredApis, ({ key, min, max }) => {
      write.int16(key).int16(min).int16(max);
    });
    if (apiVersion >= 1) write.int32(0);
    return answer(write);
  }
  write.compactArray(offeredApis, ({ key, min, max }) => {
    write.int16(key).int16(min).int16(max).noTags();
  });
  const features = new ByteWriter().uvarint(1 + 1).compactString("transaction.version");
  const bytes = features.int16(cluster.transactionVersion).int16(0).noTags().bytes();
  answer(write.int32(0).uvarint(1).uvarint(finalizedFeaturesTag).uvarint(bytes.length).raw(bytes));
};

// ApiVersions (18), version 3: read for the cluster's finalized features only; versions are negotiated by kafkajs.
//
//   request  => client_software_name COMPACT_STRING, client_software_version COMPACT_STRING, TAGS
//   response => error_code INT16, [api_keys: INT16, INT16, INT16, TAGS], throttle_time_ms INT32, TAGS
//     tag 2: [finalized_features: name COMPACT_STRING, max_version_level INT16, min_version_level INT16, TAGS]
//   The response's header has no tags, in any version.

import { ByteReader, ByteWriter } from "../bytes.ts";
import type { KafkaRequest } from "./request.ts";

const finalizedFeaturesTag = 2;

/** Finalized feature levels by name: `transaction.version` → 2. */
export const finalizedFeatures = (): KafkaRequest<ReadonlyMap<string, number>> => ({
  api: "ApiVersions",
  apiKey: 18,
  apiVersion: 3,
  body: new ByteWriter().noTags().compactString("riffle").compactString("0.1.0").noTags().bytes(),
  decode: (read) => {
    read.int16();
    read.compactArray(() => {
      read.view(6);
      read.tags();
    });
    read.int32();
    const tag = read.tags().get(finalizedFeaturesTag);
    const features = new Map<string, number>();
    if (tag === undefined) return features;
    const inner = new ByteReader(tag);
    inner.compactArray(() => {
      const name = inner.compactString() ?? "";
      features.set(name, inner.int16());
      inner.int16();
      inner.tags();
    });
    return features;
  },
});

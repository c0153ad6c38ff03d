// kafkajs as it is published, apart from the patch of its request-queue timer: for comparison, never for the pipeline.

import kafkajs, { Kafka, logLevel } from "kafkajs";

export { type AclEntry, CompressionTypes } from "kafkajs";

// Node sees the names of a CommonJS module that are written down in its first file; these are not.
export const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** A client with kafkajs's own defaults, but for quicker retries: its 300 ms would only make the comparison slower. */
export const stockKafka = (brokers: readonly string[], clientId = "stock"): Kafka =>
  new Kafka({
    brokers: [...brokers],
    clientId,
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 8 },
  });

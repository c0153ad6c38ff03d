// How a request is served: its body is read, the cluster is asked, the answer is written.

import type { ByteReader, ByteWriter } from "../../kafka/bytes.ts";
import type { BrokerCluster } from "../cluster.ts";

/** Where a request arrived. */
export interface Arrival {
  readonly cluster: BrokerCluster;
  readonly nodeId: number;
  readonly apiVersion: number;
  /** What the client calls itself; empty where there is no connection. */
  readonly clientId: string;
  /** What clients may ask. */
  readonly offeredApis: readonly OfferedApi[];
}

/** Serves one API. Layouts stand beside the client's definitions in kafka/protocol, or in kafkajs for the group's. */
export type RequestHandler = (
  arrival: Arrival,
  read: ByteReader,
  answer: (write: ByteWriter) => void,
) => void;

/** One API and how much of it is served. */
export interface Api {
  readonly handler: RequestHandler;
  /** Those of its versions that are served. */
  readonly versions: readonly number[];
  /** Those that clients may choose from; default all that are served. */
  readonly offers?: readonly number[];
}

/** What a client is told of an API. */
export interface OfferedApi {
  readonly key: number;
  readonly min: number;
  readonly max: number;
}

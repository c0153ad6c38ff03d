// How a request is served: its body is read, the cluster is asked, the answer is written.

import type { ByteReader, ByteWriter } from "../../../kafka/bytes.ts";
import type { BrokerCluster } from "../cluster.ts";

/** Where a request arrived. */
export interface Arrival {
  readonly cluster: BrokerCluster;
  readonly nodeId: number;
  readonly apiVersion: number;
}

/** One API. Layouts stand beside the client's definitions in kafka/protocol, or in kafkajs for the group's. */
export type RequestHandler = (
  arrival: Arrival,
  read: ByteReader,
  answer: (write: ByteWriter) => void,
) => void;
